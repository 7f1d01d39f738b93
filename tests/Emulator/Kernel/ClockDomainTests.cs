using FsCheck;
using FsCheck.Fluent;
using HybridEmu.Kernel;

namespace HybridEmu.Emulator.Tests;

public class ClockDomainTests
{
    [Theory]
    [InlineData(1000, 3, 3000)]
    [InlineData(700, 1, 1428)]
    [InlineData(700, 7, 10000)]
    [InlineData(333, 2, 6006)]
    public void Edge_n_lies_at_floor_of_n_times_a_million_over_f(int megahertz, int edge, long picoseconds)
    {
        var clock = new ClockDomain("core", megahertz);
        for (int i = 0; i <= edge; i++)
            clock.AdvanceTo(clock.NextPs);
        Assert.Equal(edge, clock.Edge);
        Assert.Equal(picoseconds, clock.TimePs);
    }

    [Fact]
    public void Jumping_over_edges_ends_in_the_state_of_stepping_them_whatever_the_throttle()
    {
        Gen<(int, int[], int[])> gen =
            from megahertz in Gen.Choose(1, 2000)
            from dividers in Gen.ArrayOf(Gen.Choose(1, 3), 6)
            from stops in Gen.ArrayOf(Gen.Choose(1, 40_000), 6)
            select (megahertz, dividers, stops);
        Prop.ForAll(Arb.From(gen), sample =>
        {
            (int megahertz, int[] dividers, int[] stops) = sample;
            var jumping = new ClockDomain("jump", megahertz);
            var stepping = new ClockDomain("step", megahertz);
            long time = 0;
            for (int i = 0; i < stops.Length; i++)
            {
                time += stops[i];
                bool ticked = jumping.AdvanceTo(time);
                bool steppedTick = false;
                while (stepping.NextPs <= time)
                    steppedTick = stepping.AdvanceTo(stepping.NextPs) && stepping.TimePs == time;
                if ((jumping.Edge, jumping.Cycle, jumping.TimePs, jumping.NextPs, ticked) !=
                    (stepping.Edge, stepping.Cycle, stepping.TimePs, stepping.NextPs, steppedTick))
                    return false;
                jumping.Throttle(dividers[i]);
                stepping.Throttle(dividers[i]);
            }

            return true;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300).WithReplay(1, 3));
    }

    [Fact]
    public void A_throttled_domain_skips_every_second_edge_and_counts_it()
    {
        var clock = new ClockDomain("core", 1000);
        clock.AdvanceTo(0);
        clock.Throttle(2);
        clock.AdvanceTo(10_000);
        Assert.Equal(10, clock.Cycle);
        Assert.Equal(5, clock.Edge);
        Assert.Equal(5, clock.ThrottledCycles);
    }

    [Fact]
    public void The_next_work_is_at_the_enabled_edge_that_was_asked_for()
    {
        var clock = new ClockDomain("core", 1000);
        int unit = clock.Register("unit");
        clock.AdvanceTo(0);
        clock.TakeReady();
        clock.Throttle(2);
        clock.WakeAt(unit, 5);
        bool foreground = false;
        long due = clock.NextWorkPs(ref foreground);
        Assert.True(foreground);
        Assert.True(clock.AdvanceTo(due));
        Assert.Equal(5, clock.Edge);
        Assert.Equal(1UL, clock.TakeReady()[0]);
    }

    [Fact]
    public void Background_events_are_due_but_are_no_progress()
    {
        var clock = new ClockDomain("hbm", 1000);
        int unit = clock.Register("hbm0");
        clock.AdvanceTo(0);
        clock.TakeReady();
        clock.BackgroundAt(unit, 100);
        bool foreground = false;
        Assert.Equal(100_000, clock.NextWorkPs(ref foreground));
        Assert.False(foreground);
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(700)]
    [InlineData(1333)]
    public void The_last_edge_before_a_time_is_the_one_whose_successor_is_later(int megahertz)
    {
        ClockDomain clock = new("core", megahertz);
        clock.AdvanceTo(12_345);
        for (long timePs = clock.TimePs; timePs < clock.TimePs + 20_000; timePs++)
        {
            long edge = clock.EdgeAtOrBefore(timePs);
            Assert.True(edge == clock.Edge || clock.TimeOfEdge(edge) <= timePs);
            Assert.True(clock.TimeOfEdge(edge + 1) > timePs);
        }
    }

    [Theory]
    [InlineData(1000, 1)]
    [InlineData(700, 1)]
    [InlineData(1333, 2)]
    [InlineData(700, 3)]
    public void The_first_edge_at_or_after_a_time_is_the_one_that_stepping_finds(int megahertz, int divider)
    {
        for (int ahead = 0; ahead < 9000; ahead += 7)
        {
            ClockDomain clock = new("core", megahertz);
            clock.AdvanceTo(12_345);
            clock.Throttle(divider);
            clock.AdvanceTo(clock.NextPs);
            long timePs = clock.TimePs + 1 + ahead, edge = clock.EdgeAtOrAfter(timePs);
            do
                clock.AdvanceTo(clock.NextPs);
            while (!clock.Ticked || clock.TimePs < timePs);
            Assert.Equal(clock.Edge, edge);
        }
    }

    [Fact]
    public void A_ledger_charges_slept_edges_to_the_cause_named_before_and_conserves_them()
    {
        var slept = default(Ledger);
        var stepped = default(Ledger);
        slept.Charge(0, Ledger.Busy, 3);
        slept.Charge(10, Ledger.Busy);
        slept.Settle(12);
        stepped.Charge(0, Ledger.Busy, 3);
        for (int edge = 1; edge < 10; edge++)
            stepped.Charge(edge, 3);
        for (int edge = 10; edge <= 12; edge++)
            stepped.Charge(edge, Ledger.Busy);
        Assert.Equal(9, slept[3]);
        Assert.Equal(4, slept[Ledger.Busy]);
        Assert.Equal(13, slept.Total);
        for (int cause = 0; cause < Ledger.MaximumCauses; cause++)
            Assert.Equal(stepped[cause], slept[cause]);
    }
}
