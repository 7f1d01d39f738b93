using HybridEmu.Isa;

namespace HybridEmu.Isa.Tests;

public class CsrTableTests
{
    [Fact]
    public void Numbers_with_both_top_bits_set_are_the_read_only_ones()
    {
        foreach (CsrRow row in CsrTable.Rows)
            Assert.Equal(row.Number >> 10 == 3, row.Access == CsrAccess.ReadOnly);
    }

    [Fact]
    public void Rows_ascend_and_are_found_by_number_and_name()
    {
        int last = -1;
        foreach (CsrRow row in CsrTable.Rows)
        {
            Assert.True(row.Number > last);
            last = row.Number;
            Assert.Same(row, CsrTable.Find(row.Number));
            Assert.Same(row, CsrTable.Find(row.Name));
        }
    }

    [Theory]
    [InlineData(Csr.Mstatus, "mstatus")]
    [InlineData(Csr.Mtvec, "mtvec")]
    [InlineData(Csr.Pmpaddr0, "pmpaddr0")]
    [InlineData(Csr.Instreth, "instreth")]
    [InlineData(Csr.Hxwindow, "hxwindow")]
    [InlineData(Csr.Hxseed, "hxseed")]
    public void A_register_has_its_number(int number, string name) => Assert.Equal(name, CsrTable.Find(number)!.Name);

    [Theory]
    [InlineData(0x100)] // sstatus
    [InlineData(0x105)] // stvec
    [InlineData(0x180)] // satp
    [InlineData(0x302)] // medeleg
    [InlineData(0x303)] // mideleg
    [InlineData(0x001)] // fflags
    [InlineData(0x7B0)] // dcsr
    [InlineData(0xFD4)]
    [InlineData(-1)]
    [InlineData(4096)]
    public void An_absent_register_has_no_row(int number) => Assert.Null(CsrTable.Find(number));

    [Fact]
    public void Hxversion_resets_to_HX_1_3() => Assert.Equal(0x0001_0003u, CsrTable.Find(Csr.Hxversion)!.Reset);
}
