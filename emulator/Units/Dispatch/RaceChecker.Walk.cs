using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>Checkpoint of the checker. It is no part of the chip, so a hash does not see it.</summary>
public sealed partial class RaceChecker
{
    public void Walk(StateArchive archive)
    {
        if (archive.IsHash)
            return;
        archive.Array("race.core", _core);
        archive.Array("race.started", _started);
        archive.Array("race.performed", _performed);
        archive.Array("race.pending", _pending);
        archive.Array("race.barrier", _barrier);
        archive.Array("race.generation", _barrierGeneration);
        archive.Array("race.left", _barrierLeft);
        for (int t = 0; t < _tiles; t++)
        {
            _scratchpads[t].Walk(archive);
            _slots[t].Walk(archive);
        }

        WalkPages(archive, _hbm);
        WalkPages(archive, _host);

        for (int i = 0; i < _semaphores.Length; i++)
        {
            if (Present(archive, _semaphores[i] is not null))
                (_semaphores[i] ??= new SemaphoreClocks(_agents)).Walk(archive);
            else
                _semaphores[i] = null;
        }
    }

    private void WalkPages(StateArchive archive, GranuleTable?[] pages)
    {
        for (int i = 0; i < pages.Length; i++)
        {
            if (Present(archive, pages[i] is not null))
                (pages[i] ??= new GranuleTable(PageBytes / GranuleTable.GranuleBytes, _agents)).Walk(archive);
            else
                pages[i] = null;
        }
    }

    private static bool Present(StateArchive archive, bool now)
    {
        byte present = now ? (byte)1 : (byte)0;
        archive.Value("race.present", ref present);
        return present != 0;
    }
}
