using HybridEmu.Units;

namespace HybridEmu.Emulator.Tests;

public class HbmSingleAccessTests
{
    [Fact]
    public void Twenty_single_accesses_take_the_cycles_of_Ramulator_and_DRAMSys()
    {
        HbmBench bench = new(new HbmConfig { Map = HbmBench.MapM1, Refresh = HbmRefresh.Off, Timing = new HbmTiming { Faw = 30 } });
        List<HbmTraceItem> trace = [];
        List<List<HbmTraceItem>> byScenario = [];
        foreach (HbmSingleAccess scenario in HbmSingleAccessFigures.Scenarios)
        {
            List<HbmTraceItem> items = [];
            foreach (string request in scenario.Requests.Split(' '))
            {
                string[] parts = request.Split(':');
                items.Add(new HbmTraceItem(scenario.Start + int.Parse(parts[0]), parts[1] == "W", Convert.ToUInt64(parts[2], 16)));
            }

            trace.AddRange(items);
            byScenario.Add(items);
        }

        bench.Run(trace, perCycle: 8);

        for (int i = 0; i < byScenario.Count; i++)
        {
            HbmSingleAccess scenario = HbmSingleAccessFigures.Scenarios[i];
            string commands = bench.Commands(scenario.Start, scenario.Start + 150);
            string latencies = string.Join(' ', byScenario[i].Where(item => !item.Write).Select(item => item.Latency));
            Assert.Equal($"{scenario.Name}: {scenario.Commands}, {string.Join(' ', scenario.ReadLatencies)}", $"{scenario.Name}: {commands}, {latencies}");
        }

        Assert.Equal(20, byScenario.Count);
        HbmLegality.Check(bench.Log, bench.Config);
    }
}
