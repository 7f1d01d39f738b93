using HybridEmu.Kernel;

namespace HybridEmu.Emulator.Tests;

public class StateArchiveTests
{
    [Fact]
    public void A_sparse_memory_comes_back_whole_and_forgets_what_came_after_the_save()
    {
        var memory = new SparseMemory(1 << 20);
        memory.Write(5, [1, 2, 3]);
        memory.Write((1 << 16) - 1, [9, 8]);
        var stream = new MemoryStream();
        memory.Walk(StateArchive.ForSave(stream), "hbm");
        ulong hash = Hash(memory);
        memory.Write(1 << 19, [77]);
        Assert.NotEqual(hash, Hash(memory));
        stream.Position = 0;
        memory.Walk(StateArchive.ForLoad(stream), "hbm");
        Assert.Equal(hash, Hash(memory));
        byte[] bytes = new byte[2];
        memory.Read((1 << 16) - 1, bytes);
        Assert.Equal([9, 8], bytes);
    }

    [Fact]
    public void A_page_of_zeros_is_the_same_memory_as_no_page()
    {
        var written = new SparseMemory(1 << 20);
        written.Write(100, [0, 0, 0]);
        Assert.Equal(Hash(new SparseMemory(1 << 20)), Hash(written));
    }

    [Fact]
    public void The_hash_of_a_channel_sees_its_entries_and_not_where_they_lie()
    {
        var clock = new ClockDomain("core", 1000);
        Channel<int> moved = new(clock, clock.Register("a"), clock.Register("b"), 2);
        Channel<int> fresh = new(clock, 0, 1, 2);
        moved.Push(5, 0);
        moved.Pop(1);
        moved.Push(6, 3);
        fresh.Push(6, 3);
        clock.AdvanceTo(4000);
        StateArchive a = StateArchive.ForHash(), b = StateArchive.ForHash();
        moved.Walk(a, "x");
        fresh.Walk(b, "x");
        Assert.Equal(a.Hash, b.Hash);
    }

    private static ulong Hash(SparseMemory memory)
    {
        StateArchive archive = StateArchive.ForHash();
        memory.Walk(archive, "hbm");
        return archive.Hash;
    }
}
