// One step of the walk over a strided copy, without a register: from a descriptor to the walk's start, and from a walk to the one
// that is some elements further. Rows that continue each other on both sides are one run (LD-2), so a dense matrix is a single one.
module strided_walk (
    /* verilator lint_off UNUSEDSIGNAL */
    input hx::descriptor_t descriptor, // of which a copy uses a part
    /* verilator lint_on UNUSEDSIGNAL */
    output hx_dma::walk_t first,
    input hx_dma::walk_t walk,
    input logic [9:0] elements, // to pass over, at most those left of the run
    output hx_dma::walk_t after
);
    import hx_dma::*;

    logic going;
    always_comb begin
        first = '0;
        first.source_bytes = element_bytes(descriptor.type_a);
        first.destination_bytes = element_bytes(descriptor.type_out);
        first.source.base = descriptor.a;
        first.destination.base = descriptor.d;
        {first.source.stride0, first.source.stride1, first.source.stride2} = {descriptor.word40, descriptor.word44, descriptor.word48};
        {first.destination.stride0, first.destination.stride1, first.destination.stride2} =
            {descriptor.word52, descriptor.word56, descriptor.word60};
        first.count0 = descriptor.n0;
        first.count1 = descriptor.dimensions > 1 ? descriptor.n1 : 16'd1;
        first.count2 = descriptor.dimensions > 2 ? descriptor.n2 : 16'd1;
        first.run = 32'd1;
        going = 1'b1;
        for (int dimension = 0; dimension < 3; dimension++) begin
            going &= first.count0 == 16'd1
                || (first.source.stride0 == first.run * 32'(first.source_bytes)
                    && first.destination.stride0 == first.run * 32'(first.destination_bytes));
            if (going) begin
                first.run *= 32'(first.count0);
                {first.count0, first.count1, first.count2} = {first.count1, first.count2, 16'd1};
                {first.source.stride0, first.source.stride1, first.source.stride2} = {first.source.stride1, first.source.stride2, 32'd0};
                {first.destination.stride0, first.destination.stride1, first.destination.stride2} =
                    {first.destination.stride1, first.destination.stride2, 32'd0};
            end
        end
        {first.source.next, first.source.run, first.source.plane} = {3{first.source.base}};
        {first.destination.next, first.destination.run, first.destination.plane} = {3{first.destination.base}};
    end

    // The next run begins a stride behind this one, a plane, or a volume.
    function automatic side_t step(input side_t side, input logic row_ends, input logic plane_ends);
        step = side;
        if (row_ends && plane_ends)
            step.base = side.base + extend(side.stride2);
        if (row_ends)
            step.plane = plane_ends ? step.base : side.plane + extend(side.stride1);
        step.run = row_ends ? step.plane : side.run + extend(side.stride0);
        step.next = step.run;
    endfunction

    logic row_ends, plane_ends;
    always_comb begin
        after = walk;
        row_ends = walk.index0 + 16'd1 == walk.count0;
        plane_ends = walk.index1 + 16'd1 == walk.count1;
        after.taken = walk.taken + 32'(elements);
        after.source.next = walk.source.next + 48'(elements) * 48'(walk.source_bytes);
        after.destination.next = walk.destination.next + 48'(elements) * 48'(walk.destination_bytes);
        if (after.taken == walk.run) begin
            after.taken = '0;
            after.source = step(walk.source, row_ends, plane_ends);
            after.destination = step(walk.destination, row_ends, plane_ends);
            after.index0 = row_ends ? '0 : walk.index0 + 16'd1;
            if (row_ends)
                after.index1 = plane_ends ? '0 : walk.index1 + 16'd1;
            if (row_ends && plane_ends)
                after.index2 = walk.index2 + 16'd1;
            after.finished = after.index2 == walk.count2;
        end
    end
endmodule
