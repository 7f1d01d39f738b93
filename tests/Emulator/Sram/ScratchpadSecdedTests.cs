using System.Buffers.Binary;
using HybridEmu.Kernel;
using HybridEmu.Units;

namespace HybridEmu.Emulator.Tests;

/// <summary>SECDED in the scratchpad: parts of words, flipped bits, poison, the scrubber.</summary>
public class ScratchpadSecdedTests
{
    private const int Bytes = 1 << 10;
    private const int Words = Bytes / Secded.WordBytes;

    private static readonly ScratchpadConfig s_off = new(Bytes, 8, 8, DualPorted: false);
    private static readonly ScratchpadConfig s_on = s_off with { Secded = true };

    [Theory]
    [InlineData(false, 4, 4, false, 8)] // no code: the next access is granted a cycle later
    [InlineData(true, 0, 8, false, 8)]  // a whole word just stores
    [InlineData(true, 4, 4, false, 9)]  // a part keeps its bank one cycle longer
    [InlineData(true, 0, 7, false, 9)]
    [InlineData(true, 1, 7, false, 9)]
    [InlineData(true, 4, 4, true, 9)]   // both ports of it
    [InlineData(true, 0, 8, true, 7)]
    [InlineData(false, 4, 4, true, 7)]
    public void A_write_of_a_part_of_a_word_keeps_its_bank_one_cycle_longer(bool secded, uint at, int length, bool dual, long answered)
    {
        // Pushed at 5, granted at 6; dual-ported, the read is granted at 6 too unless its bank is taken whole.
        var bench = new SramBench(s_off with { Secded = secded, DualPorted = dual }, 2);
        bench.At(5, 0, at, length, write: true, value: 9);
        bench.At(5, 1, 0, 8);
        bench.Run.Run(14);
        Assert.Equal(7, bench.Answers(0)[0].Edge);
        Assert.Equal(answered, bench.Answers(1)[0].Edge);
        Assert.Equal(answered - 7, bench.Unit.Conflicts(0, 1));
        Assert.Equal(9, bench.AnsweredBytes(1, 0)[(int)at]);
    }

    [Fact]
    public void Only_the_banks_of_words_in_part_are_kept()
    {
        // Bytes 4 to 19: the second half of bank 0's word, bank 1's, the first half of bank 2's.
        var bench = new SramBench(s_on, 4);
        bench.At(5, 0, 4, 16, write: true);
        for (int bank = 0; bank < 3; bank++)
            bench.At(6, 1 + bank, (uint)bank * 8, 8);
        bench.Run.Run(14);
        Assert.Equal([9, 8, 9], Enumerable.Range(1, 3).Select(p => bench.Answers(p)[0].Edge));
        Assert.Equal(3 + 2 + 3, bench.Unit.State.BankCycles);
    }

    [Fact]
    public void A_single_error_is_right_in_every_answer_and_stays_until_its_word_is_written()
    {
        var bench = new SramBench(s_on, 1);
        bench.Unit.Bytes[9] = 0x42;
        bench.Unit.Flip(8, 8 + 3, -1); // bit 3 of byte 9
        bench.At(0, 0, 8, 8);
        bench.At(1, 0, 9, 1);
        bench.At(2, 0, 12, 1);
        bench.At(3, 0, 16, 8);
        bench.At(4, 0, 8, 8, write: true, value: 7);
        bench.At(5, 0, 8, 8);
        var corrected = new List<long>();
        bench.Run.Run(12, () => corrected.Add(bench.Unit.State.Corrected));
        Assert.Equal(0x42, bench.AnsweredBytes(0, 0)[1]);
        Assert.Equal(0x42, bench.AnsweredBytes(0, 1)[0]);
        Assert.Equal([0, 1, 2, 3, 3, 3, 3], corrected[..7]);
        Assert.Null(bench.Faults.Pending);
    }

    [Fact]
    public void A_write_of_a_part_reads_its_word_and_leaves_it_whole()
    {
        var bench = new SramBench(s_on, 1);
        bench.Unit.Bytes[8..16].Fill(0x55);
        bench.Unit.Flip(8, 0, -1);
        bench.At(0, 0, 12, 4, write: true, value: 7);
        bench.At(5, 0, 8, 8);
        bench.Run.Run(12);
        Assert.Equal(1, bench.Unit.State.Corrected);
        Assert.Equal([0x55, 0x55, 0x55, 0x55, 7, 7, 7, 7], bench.AnsweredBytes(0, 1)[..8]);
    }

    [Theory]
    [InlineData(8, 8, false, true)]
    [InlineData(15, 1, false, true)]
    [InlineData(0, 8, false, false)]
    [InlineData(16, 8, false, false)]
    [InlineData(8, 8, true, false)] // replaces the word
    [InlineData(8, 7, true, true)]  // reads the rest of it
    public void A_double_error_is_a_fault_of_who_reads_it_and_of_nobody_else(uint address, int length, bool write, bool faults)
    {
        var bench = new SramBench(s_on, 2);
        bench.Unit.Flip(8, 5, -1);
        bench.Unit.Flip(8, 71, -1);
        bench.At(5, 1, address, length, write);
        bench.Run.Run(12);
        Assert.Equal(faults ? 1 : 0, bench.Unit.State.Detected);
        if (!faults)
        {
            Assert.Null(bench.Faults.Pending);
            return;
        }

        Fault fault = bench.Faults.Pending!;
        Assert.Equal((FaultKind.Poison, "tile0.scratchpad", "address 0x8", 6), (fault.Kind, fault.Unit, fault.Where, fault.Edge));
        Assert.Contains("p1 read the word at address 0x8;", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_flip_after_N_is_in_the_access_granted_at_N_plus_1_and_not_in_that_at_N()
    {
        var bench = new SramBench(s_off, 1);
        bench.At(4, 0, 0, 8);
        bench.At(5, 0, 0, 8);
        bench.Run.Run(6); // granted at 5: the first
        bench.Unit.Flip(0, 4, bench.Run.Core.Edge);
        bench.Run.Run(6);
        Assert.Equal([0, 16], bench.Answers(0).Select(a => (int)Line64.ReadSpan(in a.Response.Data)[0]));
        Assert.Throws<ArgumentOutOfRangeException>(() => bench.Unit.Flip(0, 64, bench.Run.Core.Edge)); // no check bits
    }

    [Theory]
    [InlineData(29, true)]
    [InlineData(30, false)]
    [InlineData(31, false)]
    public void The_scrubber_looks_at_word_i_at_the_edge_i_plus_1_times_its_cycles(long read, bool corrected)
    {
        // Word 2 is looked at in edge 30, after that edge's accesses; banks are free otherwise.
        var bench = new SramBench(s_on with { ScrubCycles = 10 }, 1);
        bench.Unit.Flip(16, 1, -1);
        bench.At(read, 0, 16, 8); // granted at read + 1
        bench.Run.Run(40);
        Assert.Equal((corrected ? 1 : 0, 1), ((int)bench.Unit.State.Corrected, (int)Scrubbed(bench)));
    }

    [Theory]
    [InlineData(8, 10)] // granted at 9: not in the way
    [InlineData(9, 11)] // granted at 10: the bank is free at 11
    public void The_scrubber_waits_for_a_free_bank_and_delays_nobody(long push, long looked)
    {
        var bench = new SramBench(s_on with { ScrubCycles = 10 }, 1);
        bench.At(push, 0, 0, 8);
        var reads = new List<long>();
        bench.Run.Run(30, () =>
        {
            bench.Unit.Settle(bench.Run.Core.Edge);
            reads.Add(bench.Unit.State.ScrubReads);
        });
        Assert.Equal((0, 1), (reads[(int)looked - 1], reads[(int)looked]));
        Assert.Equal((1, 2), (reads[(int)looked + 9], reads[(int)looked + 10]));
        Assert.Equal(push + 2, bench.Answers(0)[0].Edge);
    }

    [Fact]
    public void What_the_scrubber_cannot_correct_it_counts_at_each_round_and_raises_nothing()
    {
        var bench = new SramBench(s_on with { ScrubCycles = 1 }, 1);
        bench.Unit.Flip(24, 1, -1);
        bench.Unit.Flip(24, 2, -1);
        bench.Unit.Flip(Bytes - 8, 7, -1);
        bench.Run.Run((3 * Words) + 4);
        Assert.Equal(1, Scrubbed(bench));
        Assert.Equal((3, (3 * Words) + 3), (bench.Unit.State.Detected, bench.Unit.State.ScrubReads));
        Assert.Null(bench.Faults.Pending);
        bench.Run.Run(1);
        _ = Scrubbed(bench);
        Assert.Equal(4, bench.Unit.State.Detected);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Random_traffic_and_flips_equal_a_memory_that_keeps_every_check_byte(bool dual)
    {
        var bench = new SramBench(s_on with { DualPorted = dual }, 3);
        var random = new TestRandom(11);
        var flips = new Queue<(long Edge, int Word, int Bit)>();
        for (int i = 0; i < 400; i++)
        {
            for (int port = 0; port < 3; port++)
            {
                int offset = random.Next(64), length = 1 + random.Next(64 - offset);
                bench.At(i, port, (uint)((random.Next(4) * 64) + offset), length, random.Next(2) == 0, (byte)random.Next(256));
            }
        }

        for (int i = 0; i < 600; i++)
            flips.Enqueue((i, random.Next(32), random.Next(72)));
        var flipped = flips.ToList();
        bench.Run.Run(6000, () =>
        {
            while (flips.TryPeek(out (long Edge, int Word, int Bit) flip) && flip.Edge == bench.Run.Core.Edge)
            {
                bench.Unit.Flip(flip.Word * 8, flip.Bit, flip.Edge);
                flips.Dequeue();
            }
        });

        var plain = new PlainMemory();
        int next = 0;
        foreach ((long edge, int _, ScratchpadResponse answer) in Enumerable.Range(0, 3)
            .SelectMany(p => bench.Answers(p).Select(a => (a.Edge, Port: p, a.Response))).OrderBy(a => a.Edge).ThenBy(a => a.Port))
        {
            for (; next < flipped.Count && flipped[next].Edge < edge - 1; next++) // granted an edge before it was answered
                plain.Flip(flipped[next].Word, flipped[next].Bit);
            if (answer.Write != 0)
                plain.Write((int)answer.Address, [.. Enumerable.Repeat((byte)answer.Tag, answer.Length)]);
            else
                Assert.Equal(plain.Read((int)answer.Address, answer.Length), Line64.ReadSpan(in answer.Data)[..answer.Length].ToArray());
        }

        Assert.Equal(1200, Enumerable.Range(0, 3).Sum(p => bench.Answers(p).Count));
        Assert.Equal((plain.Corrected, plain.Detected), (bench.Unit.State.Corrected, bench.Unit.State.Detected));
        Assert.True(plain.Corrected > 100 && plain.Detected > 20);
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 3)]
    [InlineData(true, 50)]
    public void With_flips_and_scrubber_skipping_the_order_of_evaluation_and_looks_change_nothing(bool dual, int scrub)
    {
        ulong[][] runs = [.. new[] { (true, false), (false, false), (true, true), (false, true) }.Select(mode => Hashes(mode.Item1, mode.Item2, 1))];
        for (int i = 1; i < runs.Length; i++)
            Assert.Equal(runs[0], runs[i]);
        Assert.Equal(runs[0].Where((_, i) => i % 173 == 0), Hashes(false, false, 173));

        ulong[] Hashes(bool everyCycle, bool reversed, int period)
        {
            var bench = new SramBench(s_on with { DualPorted = dual, ScrubCycles = scrub }, 3, 40, everyCycle, reversed);
            var random = new TestRandom(5);
            long edge = 0;
            for (int i = 0; i < 300; i++)
            {
                edge += random.Next(8) == 0 ? random.Next(60) : random.Next(3);
                for (int port = 0; port < 3; port++)
                    bench.At(edge, port, (uint)random.Next(Bytes / 64) * 64, 1 + random.Next(64), random.Next(2) == 0, (byte)random.Next(256));
            }

            var hashes = new List<ulong>();
            bench.Run.Run(3000, () =>
            {
                long now = bench.Run.Core.Edge;
                if (now % 7 == 0)
                    bench.Unit.Flip((int)(now * 31 % Words) * 8, (int)(now % 72), now);
                if (now % period == 0)
                    hashes.Add(bench.Hash());
            });
            return [.. hashes];
        }
    }

    [Fact]
    public void A_saved_scratchpad_goes_on_with_its_flips_and_its_held_bank()
    {
        SramBench bench = Fresh(), other = Fresh();
        bench.Unit.Flip(40, 3, -1);
        bench.Unit.Flip(8, 70, -1);
        bench.At(1, 0, 4, 1, write: true);
        bench.Run.Run(3); // granted at 2, written back at 3
        using var saved = new MemoryStream();
        bench.Unit.Walk(StateArchive.ForSave(saved), 2);
        saved.Position = 0;
        other.Unit.Walk(StateArchive.ForLoad(saved), 2);
        Assert.Equal(Hash(bench), Hash(other));
        Assert.Equal(1UL, other.Unit.State.HeldBanks);
        other.At(0, 0, 40, 8);
        other.Run.Run(4);
        Assert.Equal(1, other.Unit.State.Corrected);

        static SramBench Fresh() => new(s_on with { ScrubCycles = 1000 }, 1);
        static ulong Hash(SramBench b)
        {
            StateArchive archive = StateArchive.ForHash();
            b.Unit.Walk(archive, 2);
            return archive.Hash;
        }
    }

    [Fact]
    public void A_word_and_its_check_byte_need_a_bank_of_8_bytes() =>
        Assert.Throws<ArgumentException>(() => new SramBench(new ScratchpadConfig(Bytes, 16, 4, false, Secded: true), 1));

    private static long Scrubbed(SramBench bench)
    {
        bench.Unit.Settle(bench.Run.Core.Edge);
        return bench.Unit.State.Scrubbed;
    }

    /// <summary>Data and check bytes of every word, decoded at every use.</summary>
    private sealed class PlainMemory
    {
        private readonly byte[] _data = new byte[Bytes];
        private readonly byte[] _check = [.. Enumerable.Repeat(Secded.Encode(0), Words)];

        public long Corrected { get; private set; }

        public long Detected { get; private set; }

        public void Flip(int word, int bit)
        {
            if (bit < 64)
                _data[(word * 8) + (bit / 8)] ^= (byte)(1 << (bit % 8));
            else
                _check[word] ^= (byte)(1 << (bit - 64));
        }

        public byte[] Read(int address, int length)
        {
            byte[] whole = [.. _data];
            for (int word = address / 8; word <= (address + length - 1) / 8; word++)
                Decode(word, whole, out _);
            return whole[address..(address + length)];
        }

        public void Write(int address, byte[] bytes)
        {
            for (int word = address / 8; word <= (address + bytes.Length - 1) / 8; word++)
            {
                bool wrong = false;
                byte check = _check[word];
                if (word * 8 < address || (word * 8) + 8 > address + bytes.Length)
                    wrong = Decode(word, _data, out check) == SecdedOutcome.Uncorrectable;

                // What cannot be corrected stays poisoned: data and check byte do not agree, in the way they did not before.
                int poison = wrong ? check ^ Secded.Encode(BinaryPrimitives.ReadUInt64LittleEndian(_data.AsSpan(word * 8))) : 0;
                for (int i = word * 8; i < (word * 8) + 8; i++)
                {
                    if (i >= address && i < address + bytes.Length)
                        _data[i] = bytes[i - address];
                }

                _check[word] = (byte)(poison ^ Secded.Encode(BinaryPrimitives.ReadUInt64LittleEndian(_data.AsSpan(word * 8))));
            }
        }

        private SecdedOutcome Decode(int word, byte[] into, out byte check)
        {
            ulong data = BinaryPrimitives.ReadUInt64LittleEndian(_data.AsSpan(word * 8));
            check = _check[word];
            SecdedOutcome outcome = Secded.Decode(ref data, ref check);
            Corrected += outcome == SecdedOutcome.Corrected ? 1 : 0;
            Detected += outcome == SecdedOutcome.Uncorrectable ? 1 : 0;
            BinaryPrimitives.WriteUInt64LittleEndian(into.AsSpan(word * 8), data);
            return outcome;
        }
    }
}
