using System.Text;
using System.Text.Json;
using HybridEmu.Traces;

namespace HybridEmu.Programs.Tests;

public sealed class VcdTests
{
    private static readonly WaveSignal[] Signals =
    [
        new("tile0.dma.busy", 1), new("cycle", 64), new("tile0.state", 3), new("tile0.dma.bytes", 12), new("tile1.state", 3),
    ];

    [Fact]
    public void What_is_written_reads_back()
    {
        VcdReader dump = VcdReader.Read(new StringReader(Write()));
        Assert.Equal(Signals.OrderBy(s => s.Path), dump.Signals.OrderBy(s => s.Path));
        Assert.Equal(5, dump.DumpedAtStart);
        Assert.Equal(9, dump.Changes.Count);
        Assert.Equal((ulong.MaxValue, 0xFFFUL, 1UL), (dump.At("cycle", 1000), dump.At("tile0.dma.bytes", 1999), dump.At("tile0.dma.busy", 2000)));
        Assert.Equal((0UL, 5UL), (dump.At("tile1.state", 1999), dump.At("tile1.state", 2000)));
        Assert.Equal(4000, dump.EndPs);
    }

    [Fact]
    public void A_scope_is_declared_once_and_the_bytes_are_the_same_every_time()
    {
        string text = Write();
        Assert.Equal(text, Write());
        Assert.Equal(2, text.Split("$scope module tile0 $end").Length);
        Assert.DoesNotContain("$date", text, StringComparison.Ordinal);
        Assert.DoesNotContain('\r', text);
    }

    [Fact]
    public void Nothing_is_written_for_an_edge_without_a_change()
    {
        Assert.DoesNotContain("#3000", Write(), StringComparison.Ordinal);
    }

    [Fact]
    public void Time_must_rise()
    {
        using var writer = new VcdWriter(new MemoryStream(), [new("a", 1)]);
        writer.Sample(5, [1]);
        Assert.Throws<ArgumentOutOfRangeException>(() => writer.Sample(5, [0]));
    }

    [Fact]
    public void Between_a_pause_and_the_next_sample_everything_is_unknown_and_then_everything_is_written_again()
    {
        var stream = new MemoryStream();
        using (var writer = new VcdWriter(stream, [new("a", 1), new("b", 8)]))
        {
            writer.Pause(1); // before the first sample there is nothing to forget
            writer.Sample(2, [1, 7]);
            writer.Pause(3);
            writer.Pause(4);
            writer.Sample(5, [1, 9]);
            writer.Sample(6, [1, 7]);
            Assert.Throws<ArgumentOutOfRangeException>(() => writer.Pause(6));
        }

        string text = Encoding.UTF8.GetString(stream.ToArray());
        Assert.EndsWith("#2\n$dumpvars\n1!\nb111 \"\n$end\n#3\n$dumpoff\nx!\nbx \"\n$end\n#5\n$dumpon\n1!\nb1001 \"\n$end\n#6\nb111 \"\n", text, StringComparison.Ordinal);
        VcdReader dump = VcdReader.Read(new StringReader(text));
        Assert.Equal([new WaveChange(3, "a", 0, true), new WaveChange(3, "b", 0, true)], dump.Changes.Where(c => c.Unknown));
        Assert.Equal((2, 7UL), (dump.DumpedAtStart, dump.At("b", 6)));
    }

    [Fact]
    public void Ids_of_thousands_of_signals_are_distinct_and_short()
    {
        WaveSignal[] many = [.. Enumerable.Range(0, 10_000).Select(i => new WaveSignal($"s{i}", 1))];
        var stream = new MemoryStream();
        using (var writer = new VcdWriter(stream, many))
            writer.Sample(0, new ulong[many.Length]);
        VcdReader dump = VcdReader.Read(new StringReader(Encoding.UTF8.GetString(stream.ToArray())));
        Assert.Equal(10_000, dump.Signals.Count);
        Assert.Equal(10_000, dump.DumpedAtStart);
    }

    [Fact]
    public void A_timeline_is_JSON_with_a_process_a_tile()
    {
        var stream = new MemoryStream();
        using (var timeline = new ChromeTimeline(stream))
        {
            timeline.Name(0, -1, "tile 0");
            timeline.Name(0, 2, "MX");
            timeline.Span(0, 2, "mx.matmul", 1_500_000, 2_750_500, ("m", 32), ("k", 64));
            timeline.Finish();
        }

        using JsonDocument document = JsonDocument.Parse(stream.ToArray());
        JsonElement span = document.RootElement.GetProperty("traceEvents")[2];
        Assert.Equal(("X", 1.5m, 1.2505m), (span.GetProperty("ph").GetString(), span.GetProperty("ts").GetDecimal(), span.GetProperty("dur").GetDecimal()));
        Assert.Equal((0, 2, 64), (span.GetProperty("pid").GetInt32(), span.GetProperty("tid").GetInt32(), span.GetProperty("args").GetProperty("k").GetInt32()));
    }

    private static string Write()
    {
        var stream = new MemoryStream();
        using (var writer = new VcdWriter(stream, Signals))
        {
            writer.Sample(1000, [0, ulong.MaxValue, 7, 0xFFF, 0]);
            writer.Sample(2000, [1, 0, 7, 0x1001, 5]);
            writer.Sample(3000, [1, 0, 7, 1, 5]);
            writer.Finish(4000);
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
