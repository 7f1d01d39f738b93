namespace HybridEmu.Kernel;

/// <summary>Where control cores say that firmware began or ended its trace window; the run loop looks at it after each time step.</summary>
public sealed class TraceLatch
{
    /// <summary>Whether some core's window began or ended since the last <see cref="Clear"/>.</summary>
    public bool Switched { get; private set; }

    public void Switch() => Switched = true;

    public void Clear() => Switched = false;
}
