using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using HybridEmu.Isa;
using HybridEmu.Isa.Generator;

namespace HybridEmu.Isa.Tests;

/// <summary>What the generated manual promises its reader.</summary>
public partial class ManualTests
{
    private static readonly string s_isa = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(ThisFile())!, "../../isa"));
    private static readonly string s_manual = File.ReadAllText(Path.Combine(s_isa, "MANUAL.md"));

    [Fact]
    public void Every_link_of_the_manual_leads_to_one_heading_or_a_file()
    {
        var anchors = new Dictionary<string, int>();
        var names = new HashSet<string>();
        foreach (Match heading in Heading().Matches(s_manual))
        {
            string anchor = NoSign().Replace(heading.Groups[1].Value.ToLowerInvariant(), "").Replace(' ', '-');
            int before = anchors.GetValueOrDefault(anchor);
            anchors[anchor] = before + 1;
            names.Add(before == 0 ? anchor : $"{anchor}-{before}");
        }

        Assert.NotEmpty(Link().Matches(s_manual));
        foreach (Match link in Link().Matches(s_manual))
        {
            string target = link.Groups[1].Value;
            Assert.True(target[0] == '#' ? names.Contains(target[1..]) : File.Exists(Path.Combine(s_isa, target)), $"{target} leads nowhere");
        }

        string[] operations = [.. InstructionTable.Rows.ToArray().Skip(1).Select(r => r.Mnemonic), .. DescriptorTable.Rows.ToArray().Select(r => r.Mnemonic)];
        string index = s_manual[s_manual.IndexOf("## 10. Index", StringComparison.Ordinal)..];
        Assert.All(operations, o => Assert.Contains($"[{o}](#", index, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("scalar.table")]
    [InlineData("xhx.table")]
    public void Every_example_of_an_instruction_assembles_to_it_and_back_from_the_disassembler(string table)
    {
        foreach (InstructionModel row in InstructionModel.Read(Path.Combine(s_isa, "Table", table)))
        {
            uint word = Assembled.Words($"again:\n{row.Row.Text("example")}\ndone:\nnop\n")[0];
            Assert.Equal(row.Mnemonic, InstructionTable.Row(Decoder.Decode(word).Op).Mnemonic);
            Assert.Equal(row.Match, word & row.Mask);

            // A branch's target is said as a distance: for a bare number the long form of two instructions is taken.
            string text = Disassembler.Text(word, (uint)AddressMap.Hbm);
            if (row.Format == "B")
                text = text.Replace(",0x", $",again-0x{(uint)AddressMap.Hbm:x}+0x", StringComparison.Ordinal);
            Assert.Equal(word, Assembled.Words($"again:\n{text}\n")[0]);
        }
    }

    [Fact]
    public void Every_example_of_a_descriptor_assembles_back_from_the_disassembler()
    {
        foreach (DescriptorRow row in DescriptorTable.Rows)
        {
            byte[] bytes = Bytes(row.Example);
            Assert.Equal(bytes, Bytes(Disassembler.Text(Descriptor.Read(bytes))));
        }
    }

    [Fact]
    public void Every_picture_of_a_descriptor_shows_64_bytes_and_all_of_its_fields()
    {
        foreach (DescriptorRow row in DescriptorTable.Rows)
        {
            string part = s_manual[s_manual.IndexOf($"#### {row.Mnemonic}\n", StringComparison.Ordinal)..];
            string picture = part.Split("```")[1];
            string[] lines = [.. picture.Split('\n').Where(l => l.Contains('|', StringComparison.Ordinal))];
            Assert.Equal(8, lines.Length);
            Assert.All(lines, l => Assert.Equal(lines[0].Length, l.Length));
            foreach (DescriptorField field in row.Fields.Where(f => f.Bit >= 128))
            {
                // Between two bars, at the place of its bytes: twelve columns each.
                int column = 3 + (12 * (field.Bit / 8 % 8));
                string box = lines[field.Bit / 64][column..(column + (12 * field.Bits / 8) + 1)];
                Assert.Equal($"|{field.Key}|", box.Replace(" ", "", StringComparison.Ordinal));
            }
        }
    }

    [Fact]
    public void The_manual_says_nothing_of_cycles_an_operation_takes() =>
        Assert.DoesNotMatch("(?i)latency of|takes [0-9]+ cycles", s_manual);

    [Fact]
    public void Feature_bits_are_those_of_the_table_s_operations()
    {
        List<DescriptorModel> rows = DescriptorModel.Read(Path.Combine(s_isa, "Table/descriptors.table"), FieldModel.Read(Path.Combine(s_isa, "Table/descriptor-fields.table")));
        Assert.Equal(DescriptorTable.AllFeatures, rows.SelectMany(r => r.Features).Aggregate(0u, (bits, bit) => bits | (1u << bit)));
        foreach (DescriptorModel row in rows)
        {
            DescriptorRow made = DescriptorTable.Find(row.Mnemonic)!;
            Assert.Equal(row.Features.Count == 0, made.IsIn(0));
            for (int bit = 0; bit < 32; bit++)
            {
                Assert.Equal(row.Features.Count == 0 || row.Features.Contains(bit), made.IsIn(1u << bit));
                Assert.Equal(row.Option?.Feature == bit, (made.OptionFeatures >> bit & 1) != 0);
            }
        }
    }

    private static byte[] Bytes(string descriptor) =>
        Assembled.Bytes(".data\nhere:\n" + descriptor, Assembled.Image(".data\nhere:\n" + descriptor).FindSymbol("here")!.Value, 64);

    private static string ThisFile([CallerFilePath] string path = "") => path;

    [GeneratedRegex(@"^#{1,4} (.*)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^a-z0-9 _-]")]
    private static partial Regex NoSign();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();
}
