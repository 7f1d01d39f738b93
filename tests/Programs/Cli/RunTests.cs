using System.Diagnostics;
using System.Text.Json;
using HybridEmu.Cli;
using HybridEmu.Traces;

namespace HybridEmu.Programs.Tests;

/// <summary>The verb run from arguments to files and exit code, on the whole chip in its smallest form.</summary>
public sealed class RunTests : IDisposable
{
    private const string Head = ".equ HOST, 0x10000000\n.globl _start\n_start:\n    li s0, HOST\n";
    private const string Pass = "    sw zero, 8(s0)\n1:  j 1b\n";
    private const string Copy = "    la t0, copy\n    hx.issue t0\n    li t0, 15\n    hx.drain t0\n" + Pass + Copied;
    private const string Copied = "    .data\n    .balign 64\ncopy: ld.copy a=source, d=sp(0), dims=1, n0=32, src0=2, dst0=2, typea=bf16, out=bf16\n    .section .stream\nsource: .space 64\n";

    private readonly string _directory = Directory.CreateTempSubdirectory("hybridemu-run").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Firmware_that_passes_gives_0_and_its_console_bytes_are_untouched()
    {
        const string Body = "    li t0, 0\n2:  sb t0, 0(s0)\n    addi t0, t0, 1\n    li t1, 256\n    bne t0, t1, 2b\n";
        (ExitCode code, byte[] output, string errors) = Run(Head + Body + Pass, "--quiet");
        Assert.Equal((ExitCode.Passed, ""), (code, errors));
        Assert.Equal([.. Enumerable.Range(0, 256).Select(i => (byte)i)], output);
    }

    [Fact]
    public void Firmware_that_reports_failure_gives_1_and_its_code()
    {
        (ExitCode code, _, string errors) = Run(Head + "    li t0, 42\n    sw t0, 8(s0)\n3:  j 3b\n", "--quiet");
        Assert.Equal(ExitCode.Failed, code);
        Assert.Contains("code 42", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("    .word 0\n", "UnhandledTrap", "pc 0x80000004")]
    [InlineData("    li t0, 0x20000000\n    lw t0, 0(t0)\n", "UnhandledTrap", "0x20000000")]
    [InlineData("    li t0, 0x40000001\n    lw t0, 0(t0)\n", "UnhandledTrap", "0x40000001")]
    [InlineData("    li t0, 0x80000002\n    amoadd.w t0, t0, (t0)\n", "UnhandledTrap", "0x80000002")]
    [InlineData("    li t0, 3\n    li t1, 1\n    hx.semwait t0, t1\n", "Deadlock", "semaphore 3, which has 0 of 1")]
    [InlineData("4:  j 4b\n", "Watchdog", "jal zero,0x80000004")]
    public void A_program_that_cannot_go_on_gives_3_and_says_why(string body, string kind, string words)
    {
        string statistics = Write("s.json", "old");
        (ExitCode code, byte[] output, string errors) = Run(Head + body + Pass, "--stats", statistics, "--max-cycles", "20000", "--quiet");
        Assert.Equal(ExitCode.Fault, code);
        Assert.Empty(output);
        Assert.Contains(kind, errors, StringComparison.Ordinal);
        Assert.Contains(words, errors, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("   at HybridEmu", errors, StringComparison.Ordinal);
        Assert.Equal("old", File.ReadAllText(statistics));
    }

    [Fact]
    public void A_race_in_the_scratchpad_gives_3_and_names_both_descriptors()
    {
        const string Race = "    la t0, copy\n    hx.issue t0\n    addi t0, t0, 64\n    hx.issue t0\n    li t0, 15\n    hx.drain t0\n" + Pass
            + "    .data\n    .balign 64\ncopy: ld.copy a=source, d=sp(0), dims=1, n0=32, src0=2, dst0=2, typea=bf16, out=bf16, id=7\n"
            + "    st.copy a=sp(32), d=source + 64, dims=1, n0=16, src0=2, dst0=2, typea=bf16, out=bf16, id=8\n"
            + "    .section .stream\nsource: .space 128\n";
        string statistics = Write("s.json", "old");
        (ExitCode code, _, string errors) = Run(Head + Race, "--stats", statistics, "--quiet");
        Assert.Equal(ExitCode.Fault, code);
        Assert.Contains("fault: Race", errors, StringComparison.Ordinal);
        Assert.Contains("tile0 ST #0: st.copy", errors, StringComparison.Ordinal);
        Assert.Contains("is not ordered against tile0.ld #0, which uses 0x40000020", errors, StringComparison.Ordinal);
        Assert.Equal("old", File.ReadAllText(statistics));
        Assert.Equal(ExitCode.Passed, Run(Head + Race, "--set", "checks.races=off", "--quiet").Code);
    }

    [Theory]
    [InlineData("1,2,3\n", ":2: has 3 fields instead of 65")]
    [InlineData("ROW,10\n", ":2: label 10 is not in 0 to 9")]
    [InlineData("ROW,x\n", ":2: field 65: 'x' is not a label")]
    [InlineData(null, ": is empty")]
    public void A_bad_csv_gives_2_with_its_line_and_leaves_earlier_outputs(string? second, string words)
    {
        string row = string.Join(',', Enumerable.Range(0, 64).Select(i => i % 17));
        string file = Write("bad.csv", second is null ? "" : $"{row},7\n{second.Replace("ROW", row, StringComparison.Ordinal)}");
        string statistics = Write("s.json", "old statistics"), vcd = Write("w.vcd", "old waveform");
        (ExitCode code, byte[] output, string errors) = Run(Head + Copy, "--data", $"csv:{file}@source", "--stats", statistics, "--vcd", vcd);
        Assert.Equal(ExitCode.BadInput, code);
        Assert.Empty(output);
        Assert.Contains(file + words, errors, StringComparison.Ordinal);
        Assert.Equal(("old statistics", "old waveform"), (File.ReadAllText(statistics), File.ReadAllText(vcd)));
        Assert.Empty(Directory.GetFiles(_directory, "*.partial"));
    }

    [Fact]
    public void A_defect_of_the_emulator_gives_4_without_a_stack_trace_and_leaves_earlier_outputs()
    {
        string statistics = Write("s.json", "old statistics"), log = Write("log.txt", "old log");
        string source = Write("program.s", Head + "    li t0, 65\n    sb t0, 0(s0)\n" + Pass);
        using var output = new BrokenStream();
        using var errors = new StringWriter { NewLine = "\n" };
        ExitCode code = EntryPoint.Run(["run", source, "--config", "tiny", "--stats", statistics, "--commit-log", log], output, errors);
        Assert.Equal(ExitCode.Defect, code);
        Assert.Equal(
            "internal error (defect of the emulator): this stream is broken on purpose\n    set HYBRIDEMU_DEBUG=1 to see where\n",
            errors.ToString());
        Assert.Equal(("old statistics", "old log"), (File.ReadAllText(statistics), File.ReadAllText(log)));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 3)]
    [InlineData(100, 110)]
    [InlineData(2047, 2049)]
    public void A_window_has_its_first_cycle_and_those_up_to_its_last_and_no_other(int first, int last)
    {
        string vcd = Place("w.vcd");
        const string Body = "    li t0, 2000\n5:  addi t0, t0, -1\n    bnez t0, 5b\n";
        (ExitCode code, _, string errors) = Run(Head + Body + Pass, "--vcd", vcd, "--window", $"{first}:{last}", "--scope", "clock", "--quiet");
        Assert.True(code == ExitCode.Passed, errors);
        using StreamReader text = File.OpenText(vcd);
        IEnumerable<WaveChange> cycles = VcdReader.Read(text).Changes.Where(c => c.Path == "clock.cycle");
        Assert.Equal(Enumerable.Range(first, last - first).Select(c => (1000L * c, (ulong)c)), cycles.Select(c => (c.TimePs, c.Value)));
    }

    [Fact]
    public void A_window_of_the_firmware_has_the_cycles_after_which_its_trace_is_on_and_changes_none()
    {
        string part = Place("part.vcd"), whole = Place("whole.vcd");
        const string Body = "    li t2, 3\n2:  li t0, 500\n3:  addi t0, t0, -1\n    bnez t0, 3b\n    la t0, copy\n    hx.issue t0\n    hx.traceon\n    li t0, 7\n4:  addi t0, t0, -1\n    bnez t0, 4b\n"
            + "    hx.traceoff\n    li t0, 15\n    hx.drain t0\n    addi t2, t2, -1\n    bnez t2, 2b\n";
        (ExitCode code, _, string errors) = Run(Head + Body + Pass + Copied, "--vcd", whole, "--quiet");
        Assert.Equal((ExitCode.Passed, ""), (code, errors));
        (code, _, errors) = Run(Head + Body + Pass + Copied, "--vcd", part, "--window", "firmware", "--quiet");
        Assert.Equal((ExitCode.Passed, ""), (code, errors));
        VcdReader all = Read(whole), some = Read(part);
        Assert.Equal(all.Signals, some.Signals);

        // Whether each is known, and its value where it is, at every edge of the clock.
        long[] times = [.. all.Changes.Where(c => c.Path == "clock.cycle").Select(c => c.TimePs)];
        Dictionary<string, WaveChange[]> of = some.Changes.GroupBy(c => c.Path).ToDictionary(g => g.Key, g => g.ToArray());
        int windows = 0, on = 0;
        ulong before = 0;
        foreach (long time in times)
        {
            ulong tracing = all.At("tile0.control.trace_on", time);
            windows += before == 0 && tracing == 1 ? 1 : 0;
            on += (int)tracing;
            before = tracing;
            foreach (string path in new[] { "clock.cycle", "tile0.control.pc", "tile0.control.trace_on" })
            {
                WaveChange last = of[path].LastOrDefault(c => c.TimePs <= time);
                Assert.Equal(tracing == 1, last != default && !last.Unknown);
                if (tracing == 1)
                    Assert.Equal(all.At(path, time), last.Value);
            }
        }

        Assert.Equal(3, windows);
        Assert.InRange(on, 3 * 14, 3 * 60);
    }

    [Fact]
    public void A_window_of_firmware_that_opens_none_is_empty_and_says_so()
    {
        (ExitCode code, _, string errors) = Run(Head + Pass, "--vcd", Place("none.vcd"), "--window", "firmware", "--quiet");
        Assert.Equal((ExitCode.Passed, "warning: the run was over before an hx.traceon: the waveform is empty\n"), (code, errors));
    }

    [Theory]
    [InlineData("3:3")]
    [InlineData("3")]
    [InlineData("-1:3")]
    [InlineData("Firmware")]
    public void A_window_that_is_none_is_refused_with_what_one_looks_like(string window)
    {
        (ExitCode code, _, string errors) = Run(Head + Pass, "--vcd", Place("none.vcd"), $"--window={window}", "--quiet");
        Assert.Equal(ExitCode.BadInput, code);
        Assert.Contains($"--window {window}: is neither A:B with cycles A < B, as in --window 1000:2000, nor firmware", errors, StringComparison.Ordinal);
        Assert.False(File.Exists(Place("none.vcd")));
    }

    // A device is named by a link in the test's own folder: what a wrong rename would replace is the link.
    [Fact]
    public void A_device_behind_a_link_is_written_in_place()
    {
        if (OperatingSystem.IsWindows())
            return;
        string link = Place("null.json"), content = Write("content", ""), redirected = Place("redirected.json");
        File.CreateSymbolicLink(link, "/dev/null");
        Assert.Equal(ExitCode.Passed, Run(Head + Pass, "--stats", link, "--quiet").Code);
        Assert.Equal("/dev/null", new FileInfo(link).LinkTarget);

        // As /dev/stdout is when the shell sent it to a file.
        using var open = new FileStream(content, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        File.CreateSymbolicLink(redirected, $"/dev/fd/{open.SafeFileHandle.DangerousGetHandle()}");
        Assert.Equal(ExitCode.Passed, Run(Head + Pass, "--stats", redirected, "--quiet").Code);
        Assert.StartsWith("/dev/fd/", new FileInfo(redirected).LinkTarget, StringComparison.Ordinal);
        Assert.StartsWith("{", File.ReadAllText(content), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_directory, "*.partial"));
    }

    [Fact]
    public async Task A_named_pipe_is_written_in_place()
    {
        if (OperatingSystem.IsWindows())
            return;
        string pipe = Place("pipe");
        using (Process mkfifo = Process.Start("mkfifo", pipe))
            await mkfifo.WaitForExitAsync();
        Task<string> reader = Task.Run(() => File.ReadAllText(pipe));
        ExitCode code = Run(Head + Pass, "--stats", pipe, "--quiet").Code;
        bool written = await Task.WhenAny(reader, Task.Delay(TimeSpan.FromSeconds(20))) == reader;
        if (!written)
            await File.WriteAllTextAsync(pipe, "to end the reader");
        Assert.Equal((ExitCode.Passed, true), (code, written));
        Assert.StartsWith("{", await reader, StringComparison.Ordinal);
        Assert.False(File.Exists(pipe + ".partial"));
    }

    [Fact]
    public void A_wait_of_a_queue_that_nobody_posts_is_a_deadlock_with_the_descriptor_named()
    {
        string source = Head + Copy.Replace("out=bf16", "out=bf16, wait=9:2", StringComparison.Ordinal);
        (ExitCode code, _, string errors) = Run(source, "--quiet");
        Assert.Equal(ExitCode.Fault, code);
        foreach (string part in (string[])["Deadlock", "waits for queues LD\n", "1 queued, 0 running", "ld.copy", "semaphore 9, which has 0 of 2"])
            Assert.Contains(part, errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(4, 0xFF, "ReservedBits")]
    [InlineData(2, 0x11, "TypeCombination")]
    [InlineData(16, 0x01, "Misaligned")]
    [InlineData(19, 0x80, "Aliasing")]
    [InlineData(19, 0x20, "UnmappedAddress")]
    public void A_descriptor_that_is_wrong_faults_before_it_does_anything(int offset, int value, string words)
    {
        string source = Head + $"    la t0, copy\n    li t1, {value}\n    sb t1, {offset}(t0)\n" + Copy;
        (ExitCode code, _, string errors) = Run(source, "--quiet");
        Assert.Equal(ExitCode.Fault, code);
        Assert.Contains("QueueFault", errors, StringComparison.Ordinal);
        Assert.Contains("LD #", errors, StringComparison.Ordinal);
        Assert.Contains(words, errors, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Two_runs_and_a_traced_one_give_equal_statistics_apart_from_host()
    {
        string a = Place("a.json"), b = Place("b.json"), log = Place("log.txt"), timeline = Place("t.json"), vcd = Place("w.vcd");
        Assert.Equal(ExitCode.Passed, Run(Head + Copy, "--stats", a, "--quiet").Code);
        (ExitCode code, _, string errors) = Run(Head + Copy, "--stats", b, "--commit-log", log, "--timeline", timeline, "--vcd", vcd, "--window", "100:110", "--scope", "tile0.*");
        Assert.True(code == ExitCode.Passed, errors);
        Assert.Equal(WithoutHost(a), WithoutHost(b));
        Assert.StartsWith("core   0: 3 0x80000000 (", File.ReadAllText(log), StringComparison.Ordinal);
        using JsonDocument spans = JsonDocument.Parse(File.ReadAllBytes(timeline));
        JsonElement[] complete = [.. spans.RootElement.GetProperty("traceEvents").EnumerateArray().Where(e => e.GetProperty("ph").GetString() == "X")];
        Assert.Single(complete);
        Assert.True(complete[0].GetProperty("dur").GetDouble() > 0);
        string[] times = [.. File.ReadLines(vcd).Where(l => l.StartsWith('#'))];
        Assert.InRange(times.Length, 1, 12);
        Assert.Equal("#100000", times[0]);
        Assert.Empty(Directory.GetFiles(_directory, "*.partial"));
        Assert.Contains("% utilisation", errors, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', errors);
    }

    [Fact]
    public void Json_on_stdout_is_the_statistics_file()
    {
        string file = Place("s.json");
        (_, byte[] output, string errors) = Run(Head + Pass, "--stats", file, "--json");
        Assert.Equal("", errors);
        Assert.Equal(File.ReadAllBytes(file), output);
    }

    [Fact]
    public void The_signature_is_memory_after_the_run_a_word_a_line()
    {
        const string Body = "    la t0, begin_signature\n    li t1, 0x1234abcd\n    sw t1, 4(t0)\n";
        string file = Place("signature");
        Assert.Equal(ExitCode.Passed, Run(Head + Body + Pass + "    .data\nbegin_signature: .word 7, 0\nend_signature:\n", "--signature", file, "--quiet").Code);
        Assert.Equal("00000007\n1234abcd\n", File.ReadAllText(file));
    }

    [Theory]
    [InlineData(4, "00000007\n")]
    [InlineData(0, "")]
    [InlineData(4096, "00000007\n00000009\n")]
    public void A_program_may_say_how_much_of_the_signature_it_used(int bytes, string expected)
    {
        string file = Place("signature");
        string body = $"    la t0, signature_bytes\n    li t1, {bytes}\n    sw t1, 0(t0)\n";
        string data = "    .data\nsignature_bytes: .word 0\nbegin_signature: .word 7, 9\nend_signature: .word 11\n";
        Assert.Equal(ExitCode.Passed, Run(Head + body + Pass + data, "--signature", file, "--quiet").Code);
        Assert.Equal(expected, File.ReadAllText(file));
    }

    [Fact]
    public void An_output_that_is_an_input_is_refused()
    {
        string source = Write("a.s", Head + Pass);
        foreach (string[] args in (string[][])[["asm", source, "-o", source], ["run", source, "--stats", source]])
        {
            using var errors = new StringWriter();
            Assert.Equal(ExitCode.BadInput, EntryPoint.Run(args, Stream.Null, errors));
            Assert.Contains("another file", errors.ToString(), StringComparison.Ordinal);
        }

        Assert.Equal(Head + Pass, File.ReadAllText(source));
    }

    /// <summary>Fails as no user, disk or pipe makes a stream fail.</summary>
    private sealed class BrokenStream : MemoryStream
    {
        public override void Write(byte[] buffer, int offset, int count) => throw new InvalidOperationException("this stream is broken on purpose");

        public override void Write(ReadOnlySpan<byte> buffer) => throw new InvalidOperationException("this stream is broken on purpose");
    }

    private static string WithoutHost(string file)
    {
        using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(file));
        return string.Join("\n", json.RootElement.EnumerateObject().Where(p => p.Name != "host").Select(p => p.ToString()));
    }

    private static VcdReader Read(string file)
    {
        using StreamReader text = File.OpenText(file);
        return VcdReader.Read(text);
    }

    private string Place(string name) => Path.Combine(_directory, name);

    private string Write(string name, string text)
    {
        File.WriteAllText(Place(name), text);
        return Place(name);
    }

    private (ExitCode Code, byte[] Output, string Errors) Run(string source, params string[] options)
    {
        using var output = new MemoryStream();
        using var errors = new StringWriter { NewLine = "\n" };
        ExitCode code = EntryPoint.Run(["run", Write("program.s", source), "--config", "tiny", .. options], output, errors);
        return (code, output.ToArray(), errors.ToString());
    }
}
