// Executes queue LD: reads HBM in transactions over the wide plane, and writes what comes back, beat by beat, through its
// scratchpad port (TIMING.md, LD-1 to LD-5). Transactions may be answered in any order. Padding, int4 and windows of images (LD-6
// to LD-8) are not here.
module load_engine #(
    parameter int OUTSTANDING = 8,       // transactions in flight, at most 64
    parameter logic [7:0] PORT = 8'd0,   // of the wide plane
    parameter logic [4:0] HOMES = 5'd7,  // pseudo-channels less one
    localparam int ACCESS_BITS = 8 * hx::FLIT_BYTES + $bits(hx::access_t)
) (
    input logic clock,
    input logic reset,
    input logic start_valid,
    input hx::start_t start_data,
    output logic start_pop,
    input logic done_ready,
    output logic done_push,
    output hx::done_t done_data,
    input logic wide_request_ready,
    output logic wide_request_push,
    output hx::flit_t wide_request_data,
    input logic wide_response_valid,
    /* verilator lint_off UNUSEDSIGNAL */
    input hx::flit_t wide_response_data,        // kind, home, port and last say nothing new
    /* verilator lint_on UNUSEDSIGNAL */
    output logic wide_response_pop,
    input logic request_ready,
    output logic request_push,
    output logic [ACCESS_BITS-1:0] request_data,
    input logic response_valid,
    /* verilator lint_off UNUSEDSIGNAL */
    input logic [ACCESS_BITS-1:0] response_data, // of which the tag is looked at
    /* verilator lint_on UNUSEDSIGNAL */
    output logic response_pop
);
    import hx_dma::*;

    localparam int TAG_BITS = OUTSTANDING > 1 ? $clog2(OUTSTANDING) : 1;

    typedef struct packed {
        logic active;
        transaction_t what;
        logic [9:0] arrived; // bytes
    } entry_t;

    typedef struct packed {
        logic [511:0] data;
        hx::access_t head;
    } message_t;

    // Only these of a flit are kept while its beats are written.
    typedef struct packed {
        logic [511:0] data;
        logic [39:0] address;
        logic [9:0] length, written; // bytes
        logic [TAG_BITS-1:0] tag;
    } staged_t;

    entry_t [OUTSTANDING-1:0] entries, entries_next;
    staged_t staged, flit, staged_next;
    logic staged_valid, flit_valid, staged_valid_next;

    transaction_t next;
    logic next_valid, take;
    logic [SLOTS-1:0] begun, ended, finished;
    logic [SLOTS-1:0][3:0] type_in, type_out;

    descriptor_ring #(.LOAD(1'b1)) ring (.*);

    // Acknowledgements, each of one beat.
    /* verilator lint_off UNUSEDSIGNAL */
    message_t acknowledgement;
    /* verilator lint_on UNUSEDSIGNAL */
    logic [1:0] acknowledged;
    assign acknowledgement = response_data;
    assign acknowledged = acknowledgement.head.tag[1:0];
    assign response_pop = !reset && response_valid;
    for (genvar i = 0; i < SLOTS; i++) begin : counts
        assign ended[i] = response_pop && acknowledged == 2'(i);
        assign begun[i] = request_push && what.slot == 2'(i);
        assign finished[i] = completes && what.slot == 2'(i);
    end

    // Rule LD-3: one scratchpad write an edge, at the edge that pops the flit if it can be. A beat ends with its flit or its line.
    assign wide_response_pop = !reset && !staged_valid && wide_response_valid;
    assign flit_valid = !reset && (staged_valid || wide_response_valid);
    assign flit = staged_valid ? staged : '{
        data: wide_response_data.data, address: wide_response_data.address, length: wide_response_data.length, written: '0,
        tag: TAG_BITS'(wide_response_data.tag)};

    /* verilator lint_off UNUSEDSIGNAL */
    transaction_t what; // the flit's; the bytes in the scratchpad follow from those of HBM
    /* verilator lint_on UNUSEDSIGNAL */
    logic [3:0] from, to;
    logic [2:0] in_bytes, out_bytes; // of an element
    logic [9:0] skipped, left, line_rest, elements, arrived; // elements, but for the last: bytes
    logic [23:0] destination;
    logic flit_ends, completes;
    logic [511:0] converted;
    /* verilator lint_off UNUSEDSIGNAL */
    logic [1023:0] widest; // a beat has at most a line of results
    /* verilator lint_on UNUSEDSIGNAL */
    message_t beat;

    element_converter converter (
        .from(from), .to(to), .in(flit.data >> {flit.written, 3'b000}), .out(widest));

    assign request_push = flit_valid && request_ready;
    assign what = entries[flit.tag].what;
    assign from = type_in[what.slot];
    assign to = type_out[what.slot];
    always_comb begin
        in_bytes = element_bytes(from);
        out_bytes = element_bytes(to);
        skipped = (10'(flit.address - what.hbm) + flit.written) >> (in_bytes >> 1);
        left = (flit.length - flit.written) >> (in_bytes >> 1);
        destination = what.scratchpad + 24'(skipped) * 24'(out_bytes);
        line_rest = (10'd64 - {4'b0, destination[5:0]}) >> (out_bytes >> 1);
        elements = left < line_rest ? left : line_rest;
        flit_ends = elements == left;
        arrived = entries[flit.tag].arrived + flit.length;
        completes = request_push && flit_ends && arrived == what.hbm_bytes;
        beat.head.address = destination;
        beat.head.length = elements * 10'(out_bytes);
        beat.head.write = 1'b1;
        beat.head.tag = {14'b0, what.slot};
        converted = widest[511:0];
        beat.data = converted & ~({512{1'b1}} << {beat.head.length, 3'b000});
        request_data = beat;

        staged_next = flit;
        staged_valid_next = flit_valid && !(request_push && flit_ends);
        if (request_push)
            staged_next.written = flit.written + elements * 10'(in_bytes);
    end

    // Rule LD-2: one read request an edge, by the lowest free entry. One that is freed at this edge is free.
    logic free;
    logic [TAG_BITS-1:0] at;
    always_comb begin
        entries_next = entries;
        if (request_push && flit_ends)
            entries_next[flit.tag].arrived = arrived;
        if (completes)
            entries_next[flit.tag].active = 1'b0;
        free = 1'b0;
        at = '0;
        for (int i = OUTSTANDING - 1; i >= 0; i--)
            if (!entries_next[i].active) begin
                free = 1'b1;
                at = TAG_BITS'(i);
            end
        take = !reset && next_valid && free && wide_request_ready;
        if (take)
            entries_next[at] = '{active: 1'b1, what: next, arrived: '0};
        wide_request_push = take;
        wide_request_data = '{
            kind: hx::READ_NO_SNOOP, port: PORT, home: {next.hbm[13:10], next.hbm[9]} & HOMES, last: 1'b1, tag: 6'(at),
            length: next.hbm_bytes, address: next.hbm, data: '0};
    end

    always_ff @(posedge clock)
        if (reset) begin
            entries <= '0;
            staged_valid <= 1'b0;
            staged <= '0;
        end else begin
            entries <= entries_next;
            staged_valid <= staged_valid_next;
            staged <= staged_next;
        end
endmodule
