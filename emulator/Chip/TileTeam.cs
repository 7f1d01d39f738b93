using System.Runtime.ExceptionServices;
using HybridEmu.Lanes;

namespace HybridEmu.Chip;

/// <summary>
/// A chip's tiles, which catch up with the clock together: when one has to, those that are far behind do so at the same time on other host
/// threads, and stay behind from there on. Which do changes nothing but how fast it is.
/// </summary>
/// <param name="tiles">All of the chip, filled in later.</param>
/// <param name="team">Host threads, or null.</param>
internal sealed class TileTeam(Tile[] tiles, HostTeam? team)
{
    private const int WorthAThread = 32; // edges of a tile

    private Action<int>? _catchUp;
    private ExceptionDispatchInfo? _failure; // of the emulator, on another thread
    private long _to;
    private int _left;

    /// <summary>Returns when a tile has caught up with an edge.</summary>
    public void CatchUp(Tile tile, long to)
    {
        bool shares = team is not null && tile.EdgesBehind(to) >= WorthAThread && OfferOthers(team, tile, to);
        tile.CatchUp(to);
        if (shares)
            Finish(team!);
    }

    /// <returns>Whether there were any.</returns>
    private bool OfferOthers(HostTeam team, Tile tile, long to)
    {
        _catchUp ??= CatchUp;
        _to = to;
        int offered = 0;
        for (int i = 0; i < tiles.Length; i++)
        {
            if (tiles[i] == tile || tiles[i].EdgesBehind(to) < WorthAThread)
                continue;
            offered++;
            Interlocked.Increment(ref _left);
            team.Offer(_catchUp, i, i + 1); // the caller has a tile to itself
        }

        return offered > 0;
    }

    private void Finish(HostTeam team)
    {
        var spinner = default(SpinWait);
        while (Volatile.Read(ref _left) != 0)
        {
            if (!team.Help())
                spinner.SpinOnce(sleep1Threshold: -1);
        }

        team.Help(); // finds nothing, and so lets go of the pieces, through which its threads have the chip
        _failure?.Throw();
    }

    private void CatchUp(int tile)
    {
        try
        {
            tiles[tile].CatchUp(_to);
        }
        catch (Exception e)
        {
            _failure = ExceptionDispatchInfo.Capture(e);
        }

        Interlocked.Decrement(ref _left);
    }
}
