namespace HybridEmu.Units;

/// <summary>
/// What the chip gives to the host, in order, in a preallocated ring. The chip never waits for the host: whoever runs it
/// drains the ring between time steps, and <see cref="Dropped"/> says whether that was often enough. The ring is the
/// host's side of the port and no part of the chip's state.
/// </summary>
/// <typeparam name="T">A console byte or a mailbox record.</typeparam>
public sealed class HostRing<T>
    where T : unmanaged
{
    private readonly T[] _ring;
    private long _written;
    private long _read;

    public HostRing(int capacity) => _ring = new T[capacity];

    public int Count => (int)(_written - _read);

    /// <summary>Entries overwritten before they were read.</summary>
    public long Dropped { get; private set; }

    public void Append(in T entry)
    {
        if (_written - _read == _ring.Length)
        {
            _read++;
            Dropped++;
        }

        _ring[(int)(_written++ % _ring.Length)] = entry;
    }

    public bool TryRead(out T entry)
    {
        if (_read == _written)
        {
            entry = default;
            return false;
        }

        entry = _ring[(int)(_read++ % _ring.Length)];
        return true;
    }
}
