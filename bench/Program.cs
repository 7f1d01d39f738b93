using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using HybridEmu.Bench;
using Perfolizer.Horology;

// "quick" prints every mark once, best of three, in a minute or two ("quick array": those of the two array engines); "rtl" those
// beside Verilator ("rtl 64": of that size); anything else goes to BenchmarkDotNet.
if (args is ["quick", ..])
{
    QuickMarks.Print(Console.Out, arraysOnly: args is [_, "array"]);
    return 0;
}

if (args is ["rtl", .. string[] sides])
    return RtlMarks.Print(Console.Out, [.. sides.Select(int.Parse)]);

if (args is ["claims-memory"])
{
    MemoryClaims.Print();
    return 0;
}

// Short jobs in this process: the whole set in a few minutes, and the runtime that the solution is built for.
Job job = Job.Default.WithToolchain(InProcessEmitToolchain.Instance).WithWarmupCount(2).WithIterationCount(5).WithIterationTime(TimeInterval.FromMilliseconds(150));
IConfig config = ManualConfig.CreateEmpty()
    .AddJob(job)
    .AddLogger(ConsoleLogger.Default)
    .AddColumnProvider(DefaultColumnProviders.Instance)
    .AddDiagnoser(MemoryDiagnoser.Default)
    .AddExporter(MarkdownExporter.GitHub)
    .WithOptions(ConfigOptions.JoinSummary);
BenchmarkSwitcher.FromAssembly(typeof(QuickMarks).Assembly).Run(args.Length == 0 ? ["--filter", "*"] : args, config);
return 0;
