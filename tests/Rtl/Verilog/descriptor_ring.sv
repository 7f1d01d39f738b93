// The descriptors in flight in a DMA engine, first in first out (TIMING.md, LD-1, LD-2, LD-4 and ST-1, ST-2, ST-5). One is accepted
// an edge while a slot is free; transactions are cut off the oldest that is not all issued, that which is just accepted included;
// the oldest is reported when nothing of it is outstanding.
module descriptor_ring #(
    parameter bit LOAD = 1'b1 // HBM is the source
) (
    input logic clock,
    input logic reset,
    input logic start_valid,
    input hx::start_t start_data,
    output logic start_pop,
    input logic done_ready,
    output logic done_push,
    output hx::done_t done_data,
    output logic next_valid, // there is a transaction to issue
    output hx_dma::transaction_t next,
    input logic take,        // it is issued at this edge
    input logic [hx_dma::SLOTS-1:0] begun, ended, finished, // of each slot: a beat sent, a beat acknowledged, a transaction done
    output logic [hx_dma::SLOTS-1:0][3:0] type_in, type_out
);
    import hx_dma::*;

    typedef struct packed {
        logic [31:0] sequence_number;
        logic active, issued;
        logic [3:0] type_in, type_out;
        logic [23:0] outstanding; // transactions not done and beats not acknowledged
        walk_t walk;
    } slot_t;

    slot_t [SLOTS-1:0] slots, present, slots_next; // before this edge, with what it accepts, and after it
    logic [1:0] oldest, oldest_next, issuing, accepted;
    logic [2:0] used, used_present;
    walk_t first, after;
    logic [9:0] elements;

    strided_walk stepper (
        .descriptor(start_data.descriptor), .first(first), .walk(present[issuing].walk), .elements(elements), .after(after));

    always_comb begin
        present = slots;
        done_push = !reset && slots[oldest].active && slots[oldest].issued && slots[oldest].outstanding == '0 && done_ready;
        done_data.sequence_number = slots[oldest].sequence_number;
        oldest_next = oldest;
        used_present = used;
        accepted = '0;
        if (done_push) begin
            present[oldest] = '0;
            oldest_next = oldest + 2'd1;
            used_present = used - 3'd1;
        end
        start_pop = !reset && start_valid && used_present != 3'(SLOTS);
        if (start_pop) begin
            accepted = oldest_next + used_present[1:0];
            present[accepted] = '{
                sequence_number: start_data.sequence_number, active: 1'b1, issued: 1'b0, outstanding: '0, walk: first,
                type_in: start_data.descriptor.type_a, type_out: start_data.descriptor.type_out};
            used_present = used_present + 3'd1;
        end
    end

    // The next transaction ends with its run or its granule.
    logic [31:0] run_rest;    // elements
    logic [9:0] granule_rest;
    logic [2:0] hbm_bytes, scratchpad_bytes;
    assign hbm_bytes = LOAD ? present[issuing].walk.source_bytes : present[issuing].walk.destination_bytes;
    assign scratchpad_bytes = LOAD ? present[issuing].walk.destination_bytes : present[issuing].walk.source_bytes;
    assign run_rest = present[issuing].walk.run - present[issuing].walk.taken;
    always_comb begin
        next.hbm = 40'((LOAD ? present[issuing].walk.source.next : present[issuing].walk.destination.next) - hx::HBM_BASE);
        next.scratchpad = 24'((LOAD ? present[issuing].walk.destination.next : present[issuing].walk.source.next) - hx::SCRATCHPAD_BASE);
        granule_rest = (10'(TRANSACTION_BYTES) - {1'b0, next.hbm[8:0]}) >> (hbm_bytes >> 1);
        elements = run_rest < 32'(granule_rest) ? 10'(run_rest) : granule_rest;
        next_valid = present[issuing].active && !present[issuing].issued;
        next.hbm_bytes = elements * 10'(hbm_bytes);
        next.scratchpad_bytes = 11'(elements) * 11'(scratchpad_bytes);
        next.slot = issuing;
    end

    always_comb begin
        slots_next = present;
        if (take) begin
            slots_next[issuing].walk = after;
            slots_next[issuing].issued = after.finished;
        end
        for (int i = 0; i < SLOTS; i++)
            slots_next[i].outstanding =
                present[i].outstanding + 24'(take && issuing == 2'(i)) + 24'(begun[i]) - 24'(ended[i]) - 24'(finished[i]);
    end

    for (genvar i = 0; i < SLOTS; i++) begin : types
        assign type_in[i] = slots[i].type_in;
        assign type_out[i] = slots[i].type_out;
    end

    always_ff @(posedge clock)
        if (reset) begin
            slots <= '0;
            oldest <= '0;
            issuing <= '0;
            used <= '0;
        end else begin
            slots <= slots_next;
            oldest <= oldest_next;
            used <= used_present;
            if (take && after.finished)
                issuing <= issuing + 2'd1;
        end
endmodule
