using HybridEmu.Checker;

namespace HybridEmu.Emulator.Tests;

/// <summary>
/// Hand-made command lists: "0 ACT 2.3 r5; 15 RD 2.3 r5 c1; 9 PREA p1" is the clock, the command, bank group and bank, row,
/// column and pseudo-channel; what is left out is 0.
/// </summary>
internal static class DramScript
{
    /// <summary>HBM2 without refreshes owed, and with tRC and tRRDL of their own so that no rule hides another.</summary>
    public static readonly DramRules Hbm = new() { Refresh = DramRefresh.Off, Rc = 60, RrdLong = 6, Faw = 30 };

    public static DramCommand[] Parse(string script) =>
        [.. script.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(Command)];

    public static DramChecker Run(DramRules rules, string script, long end = -1)
    {
        DramChecker checker = new(rules);
        foreach (DramCommand command in Parse(script))
            checker.Check(command);
        if (end >= 0)
            checker.Finish(end);
        return checker;
    }

    /// <summary>Names of all violations, in order, separated by blanks and semicolons.</summary>
    public static string Broken(DramRules rules, string script, long end = -1) => string.Join("; ", Run(rules, script, end).Violations.Select(v => v.Name));

    private static DramCommand Command(string text)
    {
        string[] words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        DramCommand command = new() { Clock = long.Parse(words[0]), Kind = Enum.Parse<DramCommandKind>(words[1]) };
        foreach (string word in words[2..])
        {
            if (word[0] == 'r')
                command.Row = int.Parse(word[1..]);
            else if (word[0] == 'c')
                command.Column = int.Parse(word[1..]);
            else if (word[0] == 'p')
                command.PseudoChannel = byte.Parse(word[1..]);
            else if (word[0] == 'h')
                command.Channel = ushort.Parse(word[1..]);
            else
                (command.BankGroup, command.Bank) = (byte.Parse(word.Split('.')[0]), byte.Parse(word.Split('.')[1]));
        }

        return command;
    }
}
