using HybridEmu.Units;
using Xunit.Abstractions;

namespace HybridEmu.Emulator.Tests;

public sealed class HomeProtocolTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void No_reachable_state_has_two_writers_stale_bytes_or_a_stuck_message(int caches)
    {
        var explorer = new HomeExplorer(caches, HomeProtocol.Step);
        Assert.Null(explorer.Explore());
        output.WriteLine($"{caches} caches: {explorer.States} states");
        Assert.True(explorer.States > 20);
    }

    [Fact]
    public void A_home_that_believes_a_put_from_a_former_owner_is_found()
    {
        Assert.NotNull(new HomeExplorer(2, Planted).Explore());

        static HomeActions Planted(ref DirectoryEntry entry, ref HomeTransaction transaction, HomeEvent happened, int source)
        {
            if (transaction.Phase == HomePhase.Idle && happened == HomeEvent.PutModified)
                entry = new DirectoryEntry { State = DirectoryState.Owned, Owner = (byte)source };
            return HomeProtocol.Step(ref entry, ref transaction, happened, source);
        }
    }

    [Fact]
    public void A_home_that_forgets_to_write_back_a_snooped_line_is_found()
    {
        Assert.NotNull(new HomeExplorer(2, Planted).Explore());

        static HomeActions Planted(ref DirectoryEntry entry, ref HomeTransaction transaction, HomeEvent happened, int source)
        {
            HomeActions actions = HomeProtocol.Step(ref entry, ref transaction, happened, source);
            if ((actions & (HomeActions.SendGrant | HomeActions.WriteMemory)) != (HomeActions.SendGrant | HomeActions.WriteMemory))
                return actions;
            transaction.WritePending = 0;
            return HomeActions.SendGrant;
        }
    }

    [Fact]
    public void A_home_that_forgets_a_sharer_is_found()
    {
        Assert.NotNull(new HomeExplorer(2, Planted).Explore());

        static HomeActions Planted(ref DirectoryEntry entry, ref HomeTransaction transaction, HomeEvent happened, int source)
        {
            HomeActions actions = HomeProtocol.Step(ref entry, ref transaction, happened, source);
            if (transaction.Grant == CoherenceType.GrantShared && (actions & HomeActions.SendGrant) != 0)
                entry.Sharers &= ~(1u << transaction.Requester);
            return actions;
        }
    }

    [Fact]
    public void A_home_that_does_not_wait_for_the_grant_to_arrive_is_found()
    {
        Assert.NotNull(new HomeExplorer(2, Planted).Explore());

        static HomeActions Planted(ref DirectoryEntry entry, ref HomeTransaction transaction, HomeEvent happened, int source)
        {
            HomeActions actions = HomeProtocol.Step(ref entry, ref transaction, happened, source);
            if (transaction.Phase == HomePhase.Granting && transaction.WritePending == 0)
                transaction.Phase = HomePhase.Idle;
            return actions;
        }
    }

    [Fact]
    public void A_pair_of_state_and_event_that_the_protocol_does_not_have_is_a_defect()
    {
        DirectoryEntry entry = default;
        HomeTransaction transaction = default;
        Assert.Throws<InvalidOperationException>(() => HomeProtocol.Step(ref entry, ref transaction, HomeEvent.SnoopAck, 0));
        HomeProtocol.Step(ref entry, ref transaction, HomeEvent.GetShared, 0);
        Assert.Throws<InvalidOperationException>(() => HomeProtocol.Step(ref entry, ref transaction, HomeEvent.GetShared, 1));
    }
}
