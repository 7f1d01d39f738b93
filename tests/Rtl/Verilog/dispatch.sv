// A tile's four descriptor queues and its 256 semaphores (TIMING.md, D-1 to D-8). Descriptors of a queue start in order, when
// their waits are met and, if chained, when all before them are performed; they are reported in order, and then post.
// Every descriptor is taken to be legal: checks, freezes, retries and the race checker (D-9 to D-12) are not here.
module dispatch #(
    parameter int DEPTH = 8 // descriptors that a queue holds from issue to performed
) (
    input logic clock,
    input logic reset,
    input logic command_valid,
    input hx::command_t command_data,
    output logic command_pop,
    input logic reply_ready,
    output logic reply_push,
    output hx::reply_t reply_data,
    input logic notice_ready,
    output logic notice_push,
    output hx::notice_t notice_data,
    input logic [hx::QUEUES-1:0] start_ready,
    output logic [hx::QUEUES-1:0] start_push,
    output hx::start_t [hx::QUEUES-1:0] start_data,
    input logic [hx::QUEUES-1:0] done_valid,
    input hx::done_t [hx::QUEUES-1:0] done_data,
    output logic [hx::QUEUES-1:0] done_pop
);
    localparam int QUEUES = hx::QUEUES;

    typedef logic [31:0] count_t;
    typedef struct packed {
        hx::descriptor_t descriptor;
        logic [31:0] address;
    } entry_t;

    // Counts run from reset; a descriptor's sequence number is its place in them.
    count_t [QUEUES-1:0] issued, started, performed, issued_next, started_next, performed_next;
    logic [255:0][7:0] semaphores, semaphores_next;
    logic held_valid, held_valid_next; // the core's command that cannot be answered yet
    hx::command_t held;
    logic [QUEUES-1:0] noted, noted_next; // interrupts that are still to be told
    logic [QUEUES-1:0][31:0] noted_address, noted_address_next;

    entry_t entries [QUEUES * DEPTH];
    entry_t [QUEUES-1:0] oldest, head; // of each queue, the next to be performed and the next to start

    function automatic int place(input int queue_number, input count_t sequence_number);
        place = queue_number * DEPTH + int'(sequence_number % count_t'(DEPTH));
    endfunction

    for (genvar q = 0; q < QUEUES; q++) begin : heads
        assign oldest[q] = entries[place(q, performed[q])];
        assign head[q] = entries[place(q, started[q])];
        assign start_data[q] = '{descriptor: head[q].descriptor, sequence_number: started[q]};
    end

    // The queue of an operation is in the upper half of its opcode; VX has all that are left.
    function automatic hx::queue_t queue_of(input logic [3:0] family);
        unique case (family)
            4'h1: queue_of = hx::QUEUE_LD;
            4'h2: queue_of = hx::QUEUE_ST;
            4'h3: queue_of = hx::QUEUE_MX;
            default: queue_of = hx::QUEUE_VX;
        endcase
    endfunction

    // Both counts are met at once; two waits on one semaphore add up.
    function automatic logic met(input logic [255:0][7:0] counts, input hx::semaphore_t first, input hx::semaphore_t second);
        if (first.number == second.number)
            met = {1'b0, counts[first.number]} >= {1'b0, first.count} + {1'b0, second.count};
        else
            met = counts[first.number] >= first.count && counts[second.number] >= second.count;
    endfunction

    // Rule D-3: one command an edge, answered at once or held.
    hx::command_t command;
    hx::queue_t command_queue;
    logic command_present, command_enqueues, full, drained;
    assign command = held_valid ? held : command_data;
    assign command_queue = queue_of(command.descriptor.opcode[7:4]);
    assign command_pop = !reset && !held_valid && command_valid && reply_ready;
    assign command_present = !reset && reply_ready && (held_valid || command_valid);

    // Rule D-7: within an edge notices, reports in the order of queues, heads in the order of queues, then the command.
    always_comb begin
        issued_next = issued;
        started_next = started;
        performed_next = performed;
        semaphores_next = semaphores;
        noted_next = noted;
        noted_address_next = noted_address;

        notice_push = 1'b0;
        notice_data = '0;
        for (int q = 0; q < QUEUES; q++)
            if (noted[q] && notice_ready && !notice_push) begin
                notice_push = 1'b1;
                notice_data = '{descriptor_address: noted_address[q], source: hx::queue_t'(q)};
                noted_next[q] = 1'b0;
            end

        // Rule D-1: a report takes effect, and its posts fire, at the edge that sees it.
        for (int q = 0; q < QUEUES; q++) begin
            done_pop[q] = !reset && done_valid[q];
            if (done_valid[q]) begin
                semaphores_next[oldest[q].descriptor.post0.number] += oldest[q].descriptor.post0.count;
                semaphores_next[oldest[q].descriptor.post1.number] += oldest[q].descriptor.post1.count;
                performed_next[q] = performed[q] + 1;
                if (oldest[q].descriptor.notify) begin
                    noted_next[q] = 1'b1;
                    noted_address_next[q] = oldest[q].address;
                end
            end
        end

        // Rules D-2, D-5, D-6: one head a queue and edge, its waits subtracted together.
        for (int q = 0; q < QUEUES; q++) begin
            start_push[q] = !reset && issued[q] != started[q] && start_ready[q]
                && !(head[q].descriptor.chain && performed_next[q] != started[q])
                && met(semaphores_next, head[q].descriptor.wait0, head[q].descriptor.wait1);
            if (start_push[q]) begin
                semaphores_next[head[q].descriptor.wait0.number] -= head[q].descriptor.wait0.count;
                semaphores_next[head[q].descriptor.wait1.number] -= head[q].descriptor.wait1.count;
                started_next[q] = started[q] + 1;
            end
        end

        // Rules D-4, D-8.
        full = issued[command_queue] - performed_next[command_queue] >= count_t'(DEPTH);
        drained = 1'b1;
        for (int q = 0; q < QUEUES; q++)
            drained &= !command.argument[q] || performed_next[q] == issued[q];
        reply_push = command_present;
        reply_data = '0;
        command_enqueues = 1'b0;
        if (command_present)
            unique case (command.operation)
                hx::ISSUE: begin
                    reply_push = !full;
                    command_enqueues = !full;
                end
                hx::TRY_ISSUE: begin
                    reply_data.value = count_t'(!full);
                    command_enqueues = !full;
                end
                hx::POLL: reply_data.value = issued[command.argument[1:0]] - performed_next[command.argument[1:0]];
                hx::DRAIN: reply_push = drained;
                hx::SEMAPHORE_INITIALIZE: semaphores_next[command.argument] = command.count;
                hx::SEMAPHORE_POST: semaphores_next[command.argument] += command.count;
                default: begin // SEMAPHORE_WAIT, SEMAPHORE_TRY
                    reply_push = command.operation == hx::SEMAPHORE_TRY;
                    if (semaphores_next[command.argument] >= command.count) begin
                        semaphores_next[command.argument] -= command.count;
                        reply_push = 1'b1;
                        reply_data.value = count_t'(command.operation == hx::SEMAPHORE_TRY);
                    end
                end
            endcase
        if (command_enqueues)
            issued_next[command_queue] = issued[command_queue] + 1;
        held_valid_next = held_valid ? !reply_push : command_pop && !reply_push;
    end

    always_ff @(posedge clock) begin
        if (reset) begin
            issued <= '0;
            started <= '0;
            performed <= '0;
            semaphores <= '0;
            held_valid <= 1'b0;
            noted <= '0;
        end else begin
            issued <= issued_next;
            started <= started_next;
            performed <= performed_next;
            semaphores <= semaphores_next;
            held_valid <= held_valid_next;
            noted <= noted_next;
            noted_address <= noted_address_next;
        end
        if (command_pop)
            held <= command_data;
        if (command_enqueues)
            entries[place(int'(command_queue), issued[command_queue])] <= '{descriptor: command.descriptor, address: command.descriptor_address};
    end

    for (genvar q = 0; q < QUEUES; q++) begin : reports
        always_ff @(posedge clock)
            if (done_pop[q])
                assert (done_data[q].sequence_number == performed[q] && performed[q] != started[q])
                else $error("queue %0d reported #%0d where #%0d was due", q, done_data[q].sequence_number, performed[q]);
    end
endmodule
