// The messages that pass between units, as packed structs with the widths they need. The last member of a packed struct has
// the lowest bits, so members stand in the reverse order of their bytes in memory.
//
// A scratchpad message is its head with a line of data above it: the width of that line belongs to the port, so each module
// puts the two together itself:
//     typedef struct packed { logic [LINE_BYTES*8-1:0] data; hx::access_t head; } request_t;
// Byte 0 of a line is its lowest. Bytes past a message's length are zero.
/* verilator lint_off DECLFILENAME */
/* verilator lint_off UNUSEDPARAM */
package hx;
    localparam int FLIT_BYTES = 64;       // data of a flit of the wide plane
    localparam logic [47:0] HBM_BASE = 48'h8000_0000;
    localparam logic [47:0] SCRATCHPAD_BASE = 48'h4000_0000;

    // Element types as descriptors encode them.
    typedef enum logic [3:0] {
        TYPE_NONE = 0, TYPE_INT4 = 1, TYPE_INT8 = 2, TYPE_UINT8 = 3, TYPE_INT16 = 4, TYPE_INT32 = 5, TYPE_BF16 = 6, TYPE_FP32 = 7
    } element_t;

    // The number of a semaphore and how much to wait for or to post; a count of 0 means none.
    typedef struct packed {
        logic [7:0] count;
        logic [7:0] number;
    } semaphore_t;

    // The 64 bytes of a descriptor. Words 40 to 60 have a meaning for each operation (isa/MANUAL.md).
    typedef struct packed {
        logic [31:0] word60, word56, word52, word48, word44, word40;
        logic [15:0] n2;
        logic [47:0] d;
        logic [15:0] n1;
        logic [47:0] b;
        logic [15:0] n0;
        logic [47:0] a;
        semaphore_t post1, post0, wait1, wait0;
        logic [15:0] debug_id;
        logic [7:0] version;
        logic [1:0] rounding_reserved;
        logic [3:0] activation;
        logic [1:0] rounding;
        logic [3:0] type_out, type_accumulator, type_b, type_a;
        logic [1:0] dimensions;
        logic pinned, notify, transpose_b, transpose_a, accumulate, chain;
        logic [7:0] opcode;
    } descriptor_t;

    localparam logic [7:0] OPCODE_LD_COPY = 8'h10, OPCODE_ST_COPY = 8'h20, OPCODE_MX_MATMUL = 8'h30, OPCODE_MX_DRAIN = 8'h31,
        OPCODE_MX_ZERO = 8'h32, OPCODE_MX_LOAD = 8'h33, OPCODE_MX_STREAM = 8'h34;

    // The four descriptor queues of a tile.
    localparam int QUEUES = 4;
    typedef enum logic [1:0] { QUEUE_LD = 0, QUEUE_ST = 1, QUEUE_MX = 2, QUEUE_VX = 3 } queue_t;

    // What the control core asks of dispatch; the resolution of faults is no operation of this model.
    typedef enum logic [3:0] {
        ISSUE = 0, TRY_ISSUE = 1, POLL = 2, DRAIN = 3, SEMAPHORE_INITIALIZE = 4, SEMAPHORE_POST = 5, SEMAPHORE_WAIT = 6, SEMAPHORE_TRY = 7
    } operation_t;

    typedef struct packed {
        descriptor_t descriptor;
        logic [31:0] descriptor_address; // where it came from, for notices
        logic [7:0] count;
        logic [7:0] argument;            // a queue, a mask of queues, or a semaphore
        operation_t operation;
    } command_t;

    // One a command.
    typedef struct packed {
        logic [31:0] value;
    } reply_t;

    // A descriptor with the interrupt flag (notify) was performed. Causes of faults are left out.
    typedef struct packed {
        logic [31:0] descriptor_address;
        queue_t source;
    } notice_t;

    // Dispatch to an engine: begin. A sequence number is the descriptor's place in its queue since reset.
    typedef struct packed {
        descriptor_t descriptor;
        logic [31:0] sequence_number;
    } start_t;

    // An engine to dispatch: performed.
    typedef struct packed {
        logic [31:0] sequence_number;
    } done_t;

    // One access to the scratchpad, or its answer: length bytes from address on, inside one line of the port.
    typedef struct packed {
        logic [15:0] tag; // comes back with the answer
        logic write;
        logic [9:0] length;
        logic [23:0] address;
    } access_t;

    // A flit of the wide plane.
    typedef enum logic [2:0] { WIDE_NONE = 0, READ_NO_SNOOP = 1, WRITE_NO_SNOOP = 2, WRITE_DATA = 3, READ_DATA = 4, WRITE_ACK = 5 } wide_kind_t;

    typedef struct packed {
        logic [FLIT_BYTES*8-1:0] data;
        logic [39:0] address; // HBM byte offset
        logic [9:0] length;   // bytes of the transaction in a header, of the flit in a data flit
        logic [5:0] tag;
        logic last;
        logic [4:0] home;     // pseudo-channel
        logic [7:0] port;
        wide_kind_t kind;
    } flit_t;
endpackage
/* verilator lint_on UNUSEDPARAM */
/* verilator lint_on DECLFILENAME */
