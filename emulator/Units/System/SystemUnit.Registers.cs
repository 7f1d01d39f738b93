using HybridEmu.Isa;

namespace HybridEmu.Units;

/// <content>The registers of the host port and the CLINT.</content>
public sealed partial class SystemUnit
{
    private const int DoorbellOffset = (int)(AddressMap.HostDoorbell - AddressMap.HostPort);
    private const int MailboxOffset = (int)(AddressMap.HostMailbox - AddressMap.HostPort);
    private const int ExitOffset = (int)(AddressMap.HostExit - AddressMap.HostPort);

    private ulong Time(long edge) => (ulong)edge + State.TimeOffset;

    private SystemReply Access(long edge, int hart, in SystemRequest request)
    {
        bool write = request.Operation == SystemOperation.Write;
        uint value = request.Data;
        bool exists = request.Address >= (uint)AddressMap.HostPort
            ? AccessHost(edge, hart, request.Address - (uint)AddressMap.HostPort, write, request.Size, ref value)
            : request.Size == 4 && AccessClint(edge, request.Address, write, ref value);
        return new SystemReply { Data = exists && !write ? value : 0, Fault = (byte)(exists ? 0 : 1) };
    }

    private bool AccessHost(long edge, int hart, uint offset, bool write, int size, ref uint value)
    {
        if (offset == 0)
        {
            if (write)
            {
                Console.Append((byte)value);
                State.ConsoleWritten++;
            }

            value = 0;
            return true;
        }

        if (size != 4)
            return false;
        switch ((int)offset)
        {
            case ExitOffset:
                if (write)
                    Exit((int)value);
                value = 0;
                return true;
            case DoorbellOffset:
                if (write)
                    Post(edge, hart);
                value = 0;
                return true;
            case >= MailboxOffset and < MailboxOffset + (4 * AddressMap.MailboxWords):
                ref uint word = ref State.Mailbox[((int)offset - MailboxOffset) / 4];
                if (write)
                    word = value;
                value = word;
                return true;
            default:
                return false;
        }
    }

    private bool AccessClint(long edge, uint address, bool write, ref uint value)
    {
        int hart = (int)(address - (uint)AddressMap.Msip) / 4;
        if (hart < _harts.Length)
        {
            if (write)
                _harts[hart].SoftwareInterrupt = (byte)(value & 1);
            value = _harts[hart].SoftwareInterrupt;
            return true;
        }

        bool high = (address & 4) != 0;
        if ((address & ~4u) == (uint)AddressMap.Mtime)
        {
            ulong time = Time(edge);
            if (write)
                State.TimeOffset = Merge(time, high, value) - (ulong)edge;
            value = (uint)(high ? time >> 32 : time);
            return true;
        }

        uint compare = (address - (uint)AddressMap.Mtimecmp) / 8;
        if (compare >= (uint)_harts.Length)
            return false;
        ref ulong register = ref _harts[(int)compare].TimerCompare;
        if (write)
            register = Merge(register, high, value);
        value = (uint)(high ? register >> 32 : register);
        return true;
    }

    private static ulong Merge(ulong whole, bool high, uint half) =>
        high ? (uint)whole | ((ulong)half << 32) : (whole & 0xFFFF_FFFF_0000_0000) | half;

    private void Exit(int code)
    {
        if (State.Exited != 0)
            return;
        State.Exited = 1;
        State.ExitCode = code;
    }

    private void Post(long edge, int hart)
    {
        Mailbox.Append(new MailboxRecord { Words = State.Mailbox, Hart = hart, Edge = edge });
        State.MailboxWritten++;
    }
}
