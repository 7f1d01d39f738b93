namespace HybridEmu.Rtl.Tests;

/// <summary>A further configuration of a twin, which has to be made by itself: only `make test-rtl` takes that time.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class DeepVerilatorFactAttribute : FactAttribute
{
    public DeepVerilatorFactAttribute() => Skip = Verilator.Absence ?? (Verilator.Factor > 1 ? null : "make test-rtl runs it.");
}
