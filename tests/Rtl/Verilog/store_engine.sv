// Executes queue ST: reads scratchpad beats into the buffer of a transaction, and sends each full buffer as a write over the wide
// plane (TIMING.md, ST-1 to ST-5). Buffers are a ring. int4 and sums in HBM (ST-6, ST-7) are not here.
module store_engine #(
    parameter int OUTSTANDING = 4,       // transactions in flight, at most 64
    parameter logic [7:0] PORT = 8'd1,   // of the wide plane
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
    input hx::flit_t wide_response_data,        // an acknowledgement: of which the tag is looked at
    /* verilator lint_on UNUSEDSIGNAL */
    output logic wide_response_pop,
    input logic request_ready,
    output logic request_push,
    output logic [ACCESS_BITS-1:0] request_data,
    input logic response_valid,
    /* verilator lint_off UNUSEDSIGNAL */
    input logic [ACCESS_BITS-1:0] response_data, // its address is not looked at
    /* verilator lint_on UNUSEDSIGNAL */
    output logic response_pop
);
    import hx_dma::*;

    localparam int TAG_BITS = OUTSTANDING > 1 ? $clog2(OUTSTANDING) : 1;
    localparam int GRANULE_BITS = 8 * TRANSACTION_BYTES;

    typedef logic [TAG_BITS-1:0] tag_t;
    typedef struct packed {
        logic active;
        transaction_t what;
        logic [10:0] requested, arrived; // bytes of the scratchpad
        logic [9:0] sent;                // bytes of HBM
        logic header_sent;
    } entry_t;

    typedef struct packed {
        logic [511:0] data;
        hx::access_t head;
    } message_t;

    entry_t [OUTSTANDING-1:0] entries, entries_next;
    logic [GRANULE_BITS-1:0] buffers [OUTSTANDING]; // bytes at their place in the granule of HBM
    tag_t open_at, read_at, send_at;                // places in the ring
    logic [TAG_BITS:0] unread, unsent, unread_next, unsent_next; // entries open whose reads, or flits, have not all left

    transaction_t next;
    logic next_valid, take;
    logic [SLOTS-1:0] begun, ended, finished;
    logic [SLOTS-1:0][3:0] type_in, type_out;

    descriptor_ring #(.LOAD(1'b0)) ring (.*);

    function automatic tag_t following(input tag_t tag);
        following = int'(tag) == OUTSTANDING - 1 ? '0 : tag + 1'b1;
    endfunction

    tag_t acknowledged, received;
    message_t response;
    assign response = response_data;
    assign acknowledged = TAG_BITS'(wide_response_data.tag);
    assign received = TAG_BITS'(response.head.tag);
    assign wide_response_pop = !reset && wide_response_valid;
    assign response_pop = !reset && response_valid;
    assign begun = '0;
    assign ended = '0;
    for (genvar i = 0; i < SLOTS; i++) begin : counts
        assign finished[i] = wide_response_pop && entries[acknowledged].what.slot == 2'(i);
    end

    // A beat goes to its place in the granule.
    logic [3:0] from, to;
    logic [2:0] in_bytes, out_bytes;
    logic [8:0] place;
    logic [10:0] beat_bytes;
    logic [1023:0] converted;
    logic [GRANULE_BITS-1:0] beat, mask;
    element_converter converter (.from(from), .to(to), .in(response.data), .out(converted));
    assign from = type_in[entries[received].what.slot];
    assign to = type_out[entries[received].what.slot];
    always_comb begin
        in_bytes = element_bytes(from);
        out_bytes = element_bytes(to);
        place = entries[received].what.hbm[8:0] + 9'((entries[received].arrived >> (in_bytes >> 1)) * 11'(out_bytes));
        beat_bytes = (11'(response.head.length) >> (in_bytes >> 1)) * 11'(out_bytes);
        mask = (GRANULE_BITS'(1) << {beat_bytes, 3'b000}) - 1'b1;
        beat = GRANULE_BITS'(converted) & mask;
    end

    logic [8:0] send_place; // in the granule
    logic [10:0] length, rest, line_rest;
    logic [511:0] line;
    hx::access_t access;
    hx::flit_t flit;
    always_comb begin
        entries_next = entries;
        if (wide_response_pop)
            entries_next[acknowledged] = '0;
        if (response_pop)
            entries_next[received].arrived = entries[received].arrived + 11'(response.head.length);

        // Rule ST-2: one buffer is opened an edge; one whose acknowledgement is popped at this edge is free.
        take = !reset && next_valid && !entries_next[open_at].active;
        if (take)
            entries_next[open_at] = '{active: 1'b1, what: next, requested: '0, arrived: '0, sent: '0, header_sent: 1'b0};

        // Rule ST-4: at the edge of its last beat a header, then a flit an edge.
        wide_request_push = !reset && unsent != '0 && wide_request_ready
            && entries_next[send_at].arrived == entries_next[send_at].what.scratchpad_bytes;
        send_place = entries[send_at].what.hbm[8:0] + entries[send_at].sent[8:0];
        line = 512'((buffers[send_at] >> {send_place, 3'b000}));
        flit = '0;
        flit.port = PORT;
        flit.home = {entries[send_at].what.hbm[13:10], entries[send_at].what.hbm[9]} & HOMES;
        flit.tag = 6'(send_at);
        unsent_next = unsent + (TAG_BITS + 1)'(take);
        if (!entries[send_at].header_sent) begin
            flit.kind = hx::WRITE_NO_SNOOP;
            flit.address = entries[send_at].what.hbm;
            flit.length = entries[send_at].what.hbm_bytes;
        end else begin
            flit.kind = hx::WRITE_DATA;
            flit.address = entries[send_at].what.hbm + 40'(entries[send_at].sent);
            flit.length = entries[send_at].what.hbm_bytes - entries[send_at].sent;
            if (flit.length > 10'd64 - 10'(flit.address[5:0]))
                flit.length = 10'd64 - 10'(flit.address[5:0]);
            flit.last = entries[send_at].sent + flit.length == entries[send_at].what.hbm_bytes;
            flit.data = line & ~({512{1'b1}} << {flit.length, 3'b000});
        end
        wide_request_data = flit;
        if (wide_request_push) begin
            entries_next[send_at].header_sent = 1'b1;
            if (entries[send_at].header_sent)
                entries_next[send_at].sent = entries[send_at].sent + flit.length;
            if (flit.last)
                unsent_next = unsent_next - 1'b1;
        end

        // Rule ST-3: one read an edge, up to the end of a line, from the edge that opened the buffer.
        unread_next = unread + (TAG_BITS + 1)'(take);
        request_push = !reset && unread_next != '0 && request_ready;
        access.address = entries_next[read_at].what.scratchpad + 24'(entries_next[read_at].requested);
        access.write = 1'b0;
        access.tag = 16'(read_at);
        rest = entries_next[read_at].what.scratchpad_bytes - entries_next[read_at].requested;
        line_rest = 11'd64 - {5'b0, access.address[5:0]};
        length = rest < line_rest ? rest : line_rest;
        access.length = 10'(length);
        request_data = {512'b0, access};
        if (request_push) begin
            entries_next[read_at].requested += length;
            if (length == rest)
                unread_next = unread_next - 1'b1;
        end
    end

    always_ff @(posedge clock) begin
        if (reset) begin
            entries <= '0;
            open_at <= '0;
            read_at <= '0;
            send_at <= '0;
            unread <= '0;
            unsent <= '0;
        end else begin
            entries <= entries_next;
            unread <= unread_next;
            unsent <= unsent_next;
            if (take)
                open_at <= following(open_at);
            if (request_push && length == rest)
                read_at <= following(read_at);
            if (wide_request_push && flit.last)
                send_at <= following(send_at);
        end
        if (response_pop)
            buffers[received] <= (buffers[received] & ~(mask << {place, 3'b000})) | (beat << {place, 3'b000});
    end
endmodule
