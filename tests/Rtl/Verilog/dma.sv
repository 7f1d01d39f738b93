// What load and store engines share: the walk over a strided copy, and the transactions that it is cut into.
/* verilator lint_off DECLFILENAME */
/* verilator lint_off UNUSEDPARAM */
package hx_dma;
    localparam int SLOTS = 4;              // descriptors in flight
    localparam int TRANSACTION_BYTES = 512; // the largest transaction; none crosses a boundary of this

    // Up to one granule, contiguous on both sides.
    typedef struct packed {
        logic [39:0] hbm;            // byte offset of its first element
        logic [23:0] scratchpad;
        logic [9:0] hbm_bytes;
        logic [10:0] scratchpad_bytes;
        logic [1:0] slot;            // of its descriptor
    } transaction_t;

    // One side of a copy: where the next element is, and where the present run, plane and all of it begin. Strides are signed.
    typedef struct packed {
        logic [47:0] next, run, plane, base;
        logic [31:0] stride0, stride1, stride2;
    } side_t;

    // Elements in order, dimension 0 innermost. A run is contiguous on both sides.
    typedef struct packed {
        side_t source, destination;
        logic [2:0] source_bytes, destination_bytes; // of an element
        logic [31:0] run, taken;                     // elements of the run, and of those the ones that are passed
        logic [15:0] count0, count1, count2, index0, index1, index2;
        logic finished;
    } walk_t;

    // Bytes of an element; int4 is left out.
    function automatic logic [2:0] element_bytes(input logic [3:0] element);
        unique case (element)
            hx::TYPE_INT8, hx::TYPE_UINT8: element_bytes = 3'd1;
            hx::TYPE_INT16, hx::TYPE_BF16: element_bytes = 3'd2;
            default: element_bytes = 3'd4;
        endcase
    endfunction

    function automatic logic [47:0] extend(input logic [31:0] stride);
        extend = {{16{stride[31]}}, stride};
    endfunction
endpackage
/* verilator lint_on UNUSEDPARAM */
/* verilator lint_on DECLFILENAME */
