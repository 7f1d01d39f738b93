namespace HybridEmu.Checker;

/// <summary>One breach of a rule.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Then">The earlier command; its kind is None where there is none.</param>
/// <param name="Now">The command that breaks the rule.</param>
/// <param name="Gap">Clocks seen, between the clocks from which the timing counts; below 0 when bursts or bus uses overlap.</param>
/// <param name="Allowed">Least gap; for tREFI the most.</param>
/// <param name="ActivateClocks">Clocks that an ACT lies on its bus.</param>
public readonly record struct DramViolation(DramRule Rule, DramCommand Then, DramCommand Now, long Gap, long Allowed, int ActivateClocks)
{
    /// <summary>The rule as JEDEC names it, such as "tRCDRD".</summary>
    public string Name => DramRuleTable.Name(Rule);

    /// <summary>"tRCDRD: RD ch0 pc1 bg2 ba3 at 812 comes 12 clocks after ACT at 799-800, at least 14".</summary>
    public override string ToString()
    {
        if (Rule == DramRule.Refi)
            return $"{Name}: ch{Now.Channel} pc{Now.PseudoChannel} is owed a refresh for {Gap} clocks at {Now.Clock}, at most {Allowed}";
        if (Rule >= DramRuleTable.FirstState)
            return Then.Kind == DramCommandKind.None ? $"{Name}: {Now}" : $"{Name}: {Now}, after {Earlier()}";
        if (Rule == DramRule.DataBus)
            return $"{Name}: the burst of {Now} overlaps that of {Earlier()} by {-Gap}";
        if (Rule >= DramRuleTable.FirstBus)
            return $"{Name}: {Now} comes while {Earlier()} is on it";
        string from = DramRuleTable.IsFromBurst(Rule) ? "the end of the burst of " : "";
        return $"{Name}: {Now} comes {Gap} clocks after {from}{Earlier()}, at least {Allowed}";
    }

    // The bank only where it is another one.
    private string Earlier()
    {
        string last = Then.Kind == DramCommandKind.ACT && ActivateClocks > 1 ? $"-{Then.Clock + ActivateClocks - 1}" : "";
        bool samePlace = Then.PseudoChannel == Now.PseudoChannel && (!Then.IsOfOneBank || (Now.IsOfOneBank && Then.SharesBank(Now)));
        return (samePlace ? $"{Then.Kind} at {Then.Clock}" : Then.ToString()) + last;
    }
}

/// <summary>What became of one rule.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Name">As JEDEC names it.</param>
/// <param name="Allowed">Least gap in clocks; for tREFI the longest debt; for a bus the clocks between two uses.</param>
/// <param name="Tightest">Smallest gap seen, for tREFI the longest debt; null where the rule never applied or has no gap.</param>
/// <param name="Times">How often it applied.</param>
/// <param name="Violations">How often it was broken.</param>
public readonly record struct DramRuleRow(DramRule Rule, string Name, long Allowed, long? Tightest, long Times, long Violations);
