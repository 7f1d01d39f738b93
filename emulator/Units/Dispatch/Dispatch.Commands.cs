using HybridEmu.Isa;
using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>What the control core asks: issue, poll, drain, semaphores, and the resolution of faults.</summary>
public sealed partial class Dispatch
{
    // Rule D-3: one command an edge; the reply is pushed at the same edge unless the command has to wait.
    private bool Command(long edge)
    {
        if (State.HeldValid != 0 || !_commands.CanPop(edge) || !_replies.CanPush(edge))
            return false;
        State.Held = _commands.Pop(edge);
        State.HeldValid = 1;
        return true;
    }

    // Rule D-4: a command that waits is answered at the edge that makes it true.
    private bool Resume(long edge)
    {
        if (State.HeldValid == 0 || !_replies.CanPush(edge) || !Execute(State.Held, out uint value))
            return false;
        State.HeldValid = 0;
        _replies.Push(new DispatchReply { Value = value }, edge);
        return true;
    }

    private bool Execute(in DispatchCommand command, out uint value)
    {
        value = 0;
        var semaphore = new SemaphoreCount((byte)command.Argument, (byte)command.Count);
        switch (command.Operation)
        {
            case DispatchOperation.Issue:
                return Enqueue(command);
            case DispatchOperation.TryIssue:
                value = Enqueue(command) ? 1u : 0;
                return true;
            case DispatchOperation.Poll:
                ref DispatchQueue polled = ref State.Queues[(int)(command.Argument & 3)];
                value = polled.Issued - polled.Performed;
                if (value == 0)
                    _races?.CoreDrained(_config.Tile, 1u << (int)(command.Argument & 3));
                return true;
            case DispatchOperation.Drain:
                for (int queue = 0; queue < Queues; queue++)
                {
                    if ((command.Argument >> queue & 1) != 0 && State.Queues[queue].Performed != State.Queues[queue].Issued)
                        return false;
                }

                _races?.CoreDrained(_config.Tile, command.Argument);
                return true;
            case DispatchOperation.SemaphoreInitialize when command.Count > byte.MaxValue:
            case DispatchOperation.SemaphorePost when command.Count > (uint)(byte.MaxValue - State.Semaphores[semaphore.Semaphore]):
                CoreOverflow(command);
                return true;
            case DispatchOperation.SemaphoreInitialize:
                State.Semaphores[semaphore.Semaphore] = semaphore.Count;
                _races?.InitializeSemaphore(_config.Tile, semaphore.Semaphore, semaphore.Count);
                return true;
            case DispatchOperation.SemaphorePost:
                Post(semaphore);
                _races?.CorePost(_config.Tile, semaphore.Semaphore, semaphore.Count);
                return true;
            case DispatchOperation.SemaphoreWait:
            case DispatchOperation.SemaphoreTry:
                // No semaphore ever holds more than 255: such a wait is never met.
                if (command.Count > byte.MaxValue || !CanWait(semaphore, default))
                    return command.Operation == DispatchOperation.SemaphoreTry;
                Acquire(semaphore);
                value = command.Operation == DispatchOperation.SemaphoreTry ? 1u : 0;
                return true;
            case DispatchOperation.ResolveFault:
                if (command.Argument < Queues)
                    Resolve((int)command.Argument, skip: command.Count != 0);
                return true;
            default:
                throw new InvalidOperationException($"Dispatch command {command.Operation} does not exist.");
        }
    }

    private void Acquire(SemaphoreCount semaphore)
    {
        Subtract(semaphore);
        _races?.CoreWait(_config.Tile, semaphore.Semaphore, semaphore.Count);
    }

    private bool Enqueue(in DispatchCommand command)
    {
        int queue = QueueOf(command.Descriptor.Opcode);
        ref DispatchQueue q = ref State.Queues[queue];
        if (q.Issued - q.Performed >= (uint)_config.QueueDepth) // rule D-8
            return false;
        ref QueuedDescriptor entry = ref Entry(queue, q.Issued);
        entry.Descriptor = command.Descriptor;
        entry.Address = (uint)command.DescriptorAddress;
        entry.Pc = command.Pc;
        _races?.Issue(_config.Tile, queue, q.Issued);
        q.Issued++;
        return true;
    }
}
