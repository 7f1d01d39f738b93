using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace HybridEmu.Chip;

/// <summary>
/// Reads YAML and stops where a short file asks for more than the host has: what makes nodes of it recurses, and follows
/// aliases wherever they lead.
/// </summary>
internal sealed class BoundedYaml(TextReader text) : IParser
{
    private const int MaximumNesting = 64;

    private readonly Parser _parser = new(text);
    private readonly Stack<bool> _anchored = [];
    private int _anchors;

    public ParsingEvent? Current => _parser.Current;

    /// <exception cref="YamlException">It is no YAML, or more than is read here.</exception>
    public bool MoveNext()
    {
        bool more = _parser.MoveNext();
        switch (_parser.Current)
        {
            case MappingStart or SequenceStart:
                var start = (NodeEvent)_parser.Current;
                Enter(start, !start.Anchor.IsEmpty);
                break;
            case MappingEnd or SequenceEnd:
                if (_anchored.Pop())
                    _anchors--;
                break;
            case AnchorAlias alias when _anchors > 0:
                // Each could stand for many of the one before it: ten lines for a billion values.
                throw new YamlException(alias.Start, alias.End, "an alias inside of what has an anchor itself; write the value out");
        }

        return more;
    }

    private void Enter(NodeEvent start, bool anchored)
    {
        if (_anchored.Count == MaximumNesting)
            throw new YamlException(start.Start, start.End, "nested too deeply");
        _anchored.Push(anchored);
        if (anchored)
            _anchors++;
    }
}
