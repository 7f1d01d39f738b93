namespace HybridEmu.Rtl.Tests;

/// <summary>Mistakes that someone who writes such an array could make.</summary>
internal static class ArrayMutants
{
    private const string Grid = "systolic_array.sv", Sum = "multiply_accumulate.sv";

    /// <summary>Found with numbers of any kind.</summary>
    public static readonly RtlMutant[] OfTheGrid =
    [
        new("the enable of a row is lost", Grid, "switch_in[c] ? enable_shadow[r][c] : enable[r][c]", "1'b1"),
        new("a row beyond K adds", Grid, "!enable[r][c]", "1'b0"),
        new("shift tokens move a column aside", Grid, "shift[r-1][c]", "c > 0 ? shift[r-1][c-1] : 1'b0"),
        new("the switch token is early by a column", Grid, "c > 0 ? switching[0][c-1] : switch_token", "c > 1 ? switching[0][c-2] : switch_token"),
        new("a shadow is written through to the weight", Grid, "switch_in[c] ? shadow[r][c] : weight[r][c]", "switch_in[c] ? (shift_in[c] ? weight_in[c] : shadow[r][c]) : weight[r][c]"),
        new("a pass register hands on what it was given at the same edge", Grid, "shift_in[c] ? shadow[r][c] : weight_out[r][c]", "shift_in[c] ? weight_in[c] : weight_out[r][c]"),
        new("an enable passes without a token", Grid, "shift_in[c] ? enable_shadow[r][c] : enable_out[r][c]", "enable_shadow[r][c]"),
        new("a freeze misses one register", Grid, "end else if (step) begin", "end else if (!step) begin if (AWAKE) act[R-1][C-1] = '0; end else begin"),
        new("weights enter all columns at once", Grid, "w_entered[w_slot-($clog2(W_SLOTS))'(c)][c]", "w_entered[w_slot][c]"),
        new("the enable enters all columns at once", Grid, "e_entered[w_slot-($clog2(W_SLOTS))'(c)]", "e_entered[w_slot]"),
        new("a row of X enters all rows at once", Grid, "x_entered[x_slot-($clog2(X_SLOTS))'(r)][r]", "x_entered[x_slot][r]"),
        new("the bottom shows the row above", Grid, "psum[R-1][c]", "psum[R-2][c]"),
    ];

    /// <summary>Found with bf16.</summary>
    public static readonly RtlMutant[] OfTheSum =
    [
        new("halves are rounded up", Sum, "field[2] && (field[1:0] != 0 || field[3])", "field[2]"),
        new("nothing is rounded", Sum, "32'(rounds_up)", "32'd0"),
        new("bits that fall out are forgotten", Sum, "28'((places < 10'd28 ? kept << places[4:0] : 28'd0) != field)", "28'd0"),
        new("a subnormal addend has the exponent 0", Sum, "10'(sum[30:23] == 0)", "10'd0"),
        new("a subnormal operand has a leading one", Sum, "a[14:7] != 0", "1'b1"),
        new("subnormal results are flushed", Sum, "field[25:3]", "field[26] ? field[25:3] : 23'd0"),
        new("cancellation gives -0", Sum, "32'h0", "{negative, 31'h0}"),
        new("-0 times something plus -0 is +0", Sum, "sum[31] && (a[15] ^ b[15])", "1'b0"),
        new("inf - inf is inf", Sum, "sum[30:23] == 8'hFF && subtracts", "1'b0"),
        new("inf * 0 is inf", Sum, "a[14:0] == 15'h7F80 && b[14:0] == 0", "1'b0"),
        new("a sum may outgrow infinity", Sum, "signed'(exponent) >= 10'sd255", "signed'(exponent) > 10'sd256"),
    ];
}
