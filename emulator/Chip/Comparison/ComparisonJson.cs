using System.Text.Json;

namespace HybridEmu.Chip;

/// <summary>A comparison as JSON, with every change.</summary>
public static class ComparisonJson
{
    /// <param name="stream">Receives the text.</param>
    /// <param name="comparison">What to tell.</param>
    /// <param name="all">The equal values too.</param>
    public static void Write(Stream stream, StatisticsComparison comparison, bool all)
    {
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n" });
        json.WriteStartObject();
        json.WriteString("a", comparison.A.Name);
        json.WriteString("b", comparison.B.Name);
        json.WriteBoolean("identical", comparison.IsIdentical);
        json.WriteStartArray("groups");
        foreach (ComparedGroup group in comparison.Groups.Where(g => all || !g.IsEqual))
        {
            json.WriteStartObject();
            json.WriteString("name", group.Name);
            json.WriteStartArray("values");
            foreach (ComparedValue value in group.Values.Where(v => all || v.IsChanged))
                WriteValue(json, value);
            json.WriteEndArray();
            WriteOnly(json, "onlyA", group.OnlyA);
            WriteOnly(json, "onlyB", group.OnlyB);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        stream.WriteByte((byte)'\n');
    }

    private static void WriteValue(Utf8JsonWriter json, ComparedValue value)
    {
        json.WriteStartObject();
        json.WriteString("name", value.Name);
        WriteCell(json, "a", value.A);
        WriteCell(json, "b", value.B);
        if (value.IsNumber)
        {
            json.WriteNumber("difference", value.Difference);
            if (double.IsFinite(value.Relative))
                json.WriteNumber("relative", value.Relative);
            else
                json.WriteNull("relative"); // A is 0
        }

        json.WriteEndObject();
    }

    private static void WriteOnly(Utf8JsonWriter json, string key, IReadOnlyList<StatisticsValue> values)
    {
        json.WriteStartObject(key);
        foreach (StatisticsValue value in values)
            WriteCell(json, value.Name, value);
        json.WriteEndObject();
    }

    private static void WriteCell(Utf8JsonWriter json, string key, StatisticsValue value)
    {
        if (value.Number is { } number)
            json.WriteNumber(key, number);
        else
            json.WriteString(key, value.Text);
    }
}
