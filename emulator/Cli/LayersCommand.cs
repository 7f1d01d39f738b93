using System.Globalization;
using System.Text;
using HybridEmu.Chip;

namespace HybridEmu.Cli;

/// <summary>The verb layers: runs a network's layers on a chip, one after another, and prints what each took.</summary>
internal sealed class LayersCommand : IDisposable
{
    private const string StandardOutput = "-";
    private const int SliceCycles = 100_000;

    private static readonly (string Name, LayerType Type)[] s_types = [("int8", LayerType.Int8), ("bf16", LayerType.Bf16)];

    private readonly LayersVerb _verb;
    private readonly Stream _output;
    private readonly TextWriter _errors;
    private readonly OutputFiles _files = new();

    private LayersCommand(LayersVerb verb, Stream output, TextWriter errors)
    {
        _verb = verb;
        _output = output;
        _errors = errors;
    }

    /// <param name="output">Receives the table, or JSON.</param>
    /// <param name="errors">Receives messages and progress.</param>
    public static ExitCode Run(LayersVerb verb, Stream output, TextWriter errors)
    {
        using var command = new LayersCommand(verb, output, errors);
        return command.Run();
    }

    public void Dispose() => _files.Dispose();

    private ExitCode Run()
    {
        int known = Array.FindIndex(s_types, t => t.Name == _verb.Type);
        if (known < 0)
            throw new UserException($"--type {_verb.Type}: must be int8 or bf16");
        LayerType type = s_types[known].Type;
        HostChoices.Parse("fast", "widest", _verb.Threads);
        var overrides = new List<string>(RepeatedOptions.Split(_verb.Set));
        if (_verb.Seed is { } seed)
            overrides.Add(string.Create(CultureInfo.InvariantCulture, $"seed={seed}"));
        ChipConfiguration configuration = ConfigurationLoader.Load(_verb.Configuration, overrides);
        if (!configuration.Hbm.IsForChip)
            throw new UserException($"'{configuration.Name}' is a memory alone, not a chip; use it with 'hybridemu dram'");
        IReadOnlyList<Layer> layers = LayerFile.Read(_verb.File);
        if (_verb.Stream && (_verb.NoOverlap || _verb.Type != "int8"))
            throw new UserException("--stream runs int8 weights as they come; leave out --no-overlap and --type");
        if (!_verb.Stream && (_verb.Wide || _verb.Vectors != 0 || _verb.Batch != 1))
            throw new UserException("--batch, --wide and --vectors belong to --stream");
        if (_verb.Batch is < 1 or > Layer.MostSide)
            throw new UserException($"--batch {_verb.Batch}: must be 1 to {Layer.MostSide}");
        if (_verb.Vectors < 0)
            throw new UserException($"--vectors {_verb.Vectors}: must be 0 or more");
        string[] inputs = [_verb.File, _verb.Configuration];
        OutputFile? json = _verb.Json == StandardOutput ? null : _files.Open(_verb.Json, inputs), csv = _files.Open(_verb.Csv, inputs);
        if (_verb.Stream)
            return RunStream(configuration, layers, json, csv);

        List<LayerResult> results = [];
        var progress = new LiveProgress(_errors, !_verb.Quiet);
        var options = new RunOptions { Threads = _verb.Threads };
        using (var interruption = new Interruption())
        {
            for (int i = 0; i < layers.Count; i++)
            {
                progress.Title = string.Create(CultureInfo.InvariantCulture, $"layer {i + 1} of {layers.Count}, {layers[i].Name}");
                var run = new LayerRun(configuration, layers[i], type, _verb.NoOverlap, options);
                long before = results.Sum(r => r.Statistics.Cycles);
                while (!run.Finished)
                {
                    interruption.ThrowIfAsked();
                    run.Advance(SliceCycles);
                    progress.Update(before + run.Cycles);
                }

                if (run.Fault is { } fault)
                {
                    progress.Clear();
                    _errors.WriteLine($"fault: layer {layers[i].Name}: {fault.Kind} in {fault.Unit} at {fault.Where}: {fault.Message}");
                    return ExitCode.Fault;
                }

                results.Add(run.Result());
            }
        }

        progress.Clear();
        Write(
            json, csv,
            stream => LayerJson.Write(stream, configuration, type, _verb.NoOverlap, results),
            file => LayerReport.WriteCsv(file, results),
            page => LayerReport.Write(page, configuration, type, _verb.NoOverlap, results));
        _files.Commit();
        return ExitCode.Passed;
    }

    private ExitCode RunStream(ChipConfiguration configuration, IReadOnlyList<Layer> layers, OutputFile? json, OutputFile? csv)
    {
        var progress = new LiveProgress(_errors, !_verb.Quiet) { Title = "network" };
        var run = new NetworkRun(configuration, layers, _verb.Wide, _verb.Vectors, new RunOptions { Threads = _verb.Threads }, _verb.Batch);
        using (var interruption = new Interruption())
        {
            while (!run.Finished)
            {
                interruption.ThrowIfAsked();
                run.Advance(SliceCycles / 10);
                progress.Update(run.Cycles);
            }
        }

        progress.Clear();
        if (run.Fault is { } fault)
        {
            _errors.WriteLine($"fault: {fault.Kind} in {fault.Unit} at {fault.Where}: {fault.Message}");
            return ExitCode.Fault;
        }

        NetworkResult result = run.Result();
        string name = Path.GetFileNameWithoutExtension(_verb.File);
        Write(json, csv, stream => NetworkJson.Write(stream, name, result), file => NetworkReport.WriteCsv(file, name, result), page => NetworkReport.Write(page, result));
        _files.Commit();
        return ExitCode.Passed;
    }

    private void Write(OutputFile? json, OutputFile? csv, Action<Stream> writeJson, Action<TextWriter> writeCsv, Action<TextWriter> writePage)
    {
        if (json is not null)
            writeJson(json.Stream);
        if (csv is not null)
        {
            using StreamWriter file = Text(csv.Stream);
            writeCsv(file);
        }

        if (_verb.Json == StandardOutput)
        {
            writeJson(_output);
        }
        else
        {
            using StreamWriter page = Text(_output);
            writePage(page);
        }

        _output.Flush();
    }

    private static StreamWriter Text(Stream stream) => new(stream, new UTF8Encoding(false), leaveOpen: true) { NewLine = "\n" };
}
