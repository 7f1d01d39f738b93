namespace HybridEmu.Chip;

/// <summary>Matrix unit and scratchpad, behind the clock and both alone at work, take turns without their channels.</summary>
internal sealed partial class Tile
{
    private const int FewestEdgesApart = 4; // below which it costs more than it saves

    private readonly int _operandPort; // its number in the scratchpad's order; that of weights comes next

    /// <summary>Before an edge at which the matrix unit is due, and the vector unit is not: evaluates edges up to one, as long as the matrix unit only reads.</summary>
    /// <param name="edge">The first that is not evaluated.</param>
    /// <param name="end">The first that must not be.</param>
    /// <returns>The first that is not evaluated then.</returns>
    private long MultiplyApart(long edge, long end)
    {
        end = Math.Min(end, _wantedAt[1]);
        if (end - edge < FewestEdgesApart || !Matrix.MayBeApart || !Scratchpad.IsAskedOnlyBy(_matrixPorts))
            return edge;
        Matrix.ReadsOperands.SetApart();
        Matrix.ReadsWeights.SetApart();
        while (edge < end && Matrix.OnlyReads)
        {
            Matrix.EvaluateApart(edge);
            Scratchpad.EvaluateApart(edge++, Matrix.ReadsOperands, Matrix.ReadsWeights, _operandPort);
        }

        Matrix.ReadsOperands.Rejoin();
        Matrix.ReadsWeights.Rejoin();
        return edge;
    }
}
