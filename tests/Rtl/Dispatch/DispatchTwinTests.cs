namespace HybridEmu.Rtl.Tests;

/// <summary>Dispatch.sv against the emulator's dispatch, every channel in every cycle.</summary>
public sealed class DispatchTwinTests
{
    private static readonly RtlMutant[] s_mutants =
    [
        new("a chained head does not wait", "dispatch.sv", "head[q].descriptor.chain", "1'b0"),
        new("a chained head waits a cycle too long", "dispatch.sv", "performed_next[q] != started[q]", "performed[q] != started[q]"),
        new("two waits on one semaphore do not add up", "dispatch.sv", "first.number == second.number", "1'b0"),
        new("a head sees posts a cycle late", "dispatch.sv", "met(semaphores_next, head[q].descriptor.wait0, head[q].descriptor.wait1)",
            "met(semaphores, head[q].descriptor.wait0, head[q].descriptor.wait1)"),
        new("only the first post fires", "dispatch.sv", "oldest[q].descriptor.post1.count", "8'd0"),
        new("a queue holds one descriptor too few", "dispatch.sv", "issued[command_queue] - performed_next[command_queue] >= count_t'(DEPTH)",
            "issued[command_queue] - performed_next[command_queue] >= count_t'(DEPTH - 1)"),
        new("interrupts come in the wrong order", "dispatch.sv", "noted[q] && notice_ready", "noted[QUEUES-1-q] && notice_ready"),
        new("a drain looks at what is started", "dispatch.sv", "performed_next[q] == issued[q]", "started_next[q] == issued[q]"),
    ];

    private static readonly VerilatedModel s_twin =
        new("dispatch_top", ["messages.sv", "channel.sv", "monitored_channel.sv", "dispatch.sv", "dispatch_top.sv"], "twin.cpp", ("DEPTH", DispatchCase.Depth))
        {
            Mutants = s_mutants,
        };

    [VerilatorFact]
    public void Every_port_of_dispatch_is_that_of_its_twin_in_every_cycle() =>
        RandomCases.Check(60, DispatchCase.Of, c => c.Smaller(), c => c.Run().Compare(s_twin));

    [VerilatorFact]
    public void Every_bug_planted_in_dispatch_is_found() => RandomCases.AssertKilled(s_mutants, seed => DispatchCase.Of(seed).Run(), s_twin);
}
