# The first program: two matrices meet in the array. Run it: out/hybridemu run firmware/first/first.s --config tiny
    .include "../lib/hx.inc"
    .spalloc x, 8 * 8 * 2
    .spalloc y, 8 * 8 * 4
main:
    issue    load                       # HBM -> scratchpad; posts semaphore 0 when it has arrived
    issue    multiply                   # waits for it; y = x * x on the array, sums in fp32
    issue    drain                      # accumulators -> scratchpad
    wait_for ALL_QUEUES
    li       t0, SCRATCHPAD + y
    lw       a0, 0(t0)
    j        print_word
    .data
load:       ld.copy   a=ones, d=sp(x), dims=1, n0=64, type=bf16, post=0:1
multiply:   mx.matmul a=sp(x), w=sp(x), slot=0, m=8, k=8, n=8, type=bf16, wait=0:1
drain:      mx.drain  d=sp(y), slot=0, m=8, n=8, acc=fp32, out=fp32
    .section .stream.data, "aw", @progbits
ones:       .rept 64
            .half 0x3f80                # 1.0 in bf16, so each y is 8.0 = 0x41000000
            .endr
