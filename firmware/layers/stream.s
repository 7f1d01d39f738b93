# A network whose weights stream from memory while its activations stay in the scratchpad, as TPU v1 works: tiles of R x C weights
# go through a ring of four, mx.load shifts one into the array beside mx.stream of the one before. The words at `network` say what
# there is to do; sizes are whole tiles, padded with zeros by the host.
#
#   LD  weights of tile i -> ring[i % 4]    waits w_free             posts w_full
#   LD  input, block by block of R columns                           posts x_full
#   MX  load ring[i % 4]                    waits w_full             posts w_free
#   MX  stream, k ascending                 waits x_full (first layer, first columns), v_done (first of a layer)
#   MX  drain a block of C columns          posts y_full (last layer), v_ready (last of a layer with vector work)
#   VX  elementwise work of a layer         waits v_ready            posts v_done
#   ST  output                              waits y_full
#
# Activations lie as blocks of C columns, m rows of C bytes each; R = C.

    .include "../lib/hx.inc"

.equ w_full, 0                      # semaphores
.equ w_free, 1
.equ x_full, 2
.equ y_full, 3
.equ v_ready, 4
.equ v_done, 5

.equ NETWORK_LAYERS,  0             # the words at `network`
.equ NETWORK_M,       4             # rows: the batch
.equ NETWORK_TILES,   8             # of all layers
.equ NETWORK_WEIGHTS, 12            # tile after tile, in the order of use
.equ NETWORK_INPUT,   16            # block after block
.equ NETWORK_OUTPUT,  20
.equ NETWORK_WIDE,    24            # 1: operands of 16 bits. Then every layer reads the input, as drains give 8 bits
.equ NETWORK_SCALE,   28
.equ NETWORK_FIRST,   32            # a layer: blocks of k, blocks of n, elementwise operations
.equ LAYER_STEP,      12

.equ ACCUMULATE, 2
.equ RING, 4
.equ RING_BASE, SCRATCHPAD + 4096

# s0 layer at hand, s1 its end; s2 m; s3 side of a tile, s4 bytes of one; s5 input, s6 output buffer; s7 block of n, s8 of k;
# s9 tiles to be fetched; s10 next of them in memory; s11 place in the ring of the next fetch; a6 place of the next load;
# a7 tiles to be loaded; gp 1 while the input is new; tp 1 where the first stream of a layer waits for vector work.
main:
    addi    sp, sp, -32
    sw      ra, 28(sp)
    csrr    t0, mhartid
    bnez    t0, out
    la      s0, network
    lw      s2, NETWORK_M(s0)
    lw      s9, NETWORK_TILES(s0)
    lw      s10, NETWORK_WEIGHTS(s0)
    mv      a7, s9
    csrr    s3, hxcolumns
    mul     s4, s3, s3
    li      s11, RING_BASE
    li      a6, RING_BASE
    slli    s5, s4, 2
    add     s5, s5, s11
    csrr    s6, hxspbytes
    srli    s6, s6, 1
    li      t0, SCRATCHPAD
    add     s6, s6, t0
    lw      t1, NETWORK_SCALE(s0)   # parameter block
    sw      t1, 0(t0)
    li      t1, 15
1:  addi    t0, t0, 4
    sw      zero, 0(t0)
    addi    t1, t1, -1
    bnez    t1, 1b
    la      t0, fetch
    sh      s3, desc.n0(t0)
    sh      s3, desc.n1(t0)
    sw      s3, desc.src1(t0)
    sw      s3, desc.dst1(t0)
    la      t0, load
    sh      s3, desc.mx.load.k(t0)
    sh      s3, desc.n(t0)
    sw      s3, desc.pitchw(t0)
    la      t0, drain
    sh      s2, desc.m(t0)
    sh      s3, desc.n(t0)
    sw      s3, desc.pitchd(t0)
    li      t1, SCRATCHPAD
    sw      t1, desc.mx.drain.params(t0)
    la      t0, store
    sh      s3, desc.n0(t0)
    sh      s2, desc.n1(t0)
    sw      s3, desc.src1(t0)
    sw      s3, desc.dst1(t0)
    la      t0, stream
    sh      s2, desc.m(t0)
    sh      s3, desc.mx.stream.k(t0)
    sh      s3, desc.n(t0)
    la      t1, input
    sh      s2, desc.n1(t1)
    lw      t2, NETWORK_WIDE(s0)
    sll     t3, s3, t2              # bytes of a row of a block
    sh      t3, desc.n0(t1)
    sw      t3, desc.src1(t1)
    sw      t3, desc.dst1(t1)
    sw      t3, desc.pitcha(t0)
    beqz    t2, 1f
    li      t1, type.int16          # A; the weights stay int8
    li      t2, type.int8 << 4
    or      t1, t1, t2
    sb      t1, desc.types(t0)
    la      t0, load
    sb      t1, desc.types(t0)
1:  li      t0, w_free
    li      t1, RING
    hx.seminit t0, t1

    phase   PHASE_FORWARD
    lw      s1, NETWORK_LAYERS(s0)
    li      t0, LAYER_STEP
    mul     s1, s1, t0
    addi    t0, s0, NETWORK_FIRST
    add     s1, s1, t0
    lw      t1, NETWORK_INPUT(s0)   # first weights and input in turn
    mv      s0, t0
    li      s7, 0
    mv      t2, s5
first:
    li      t0, RING
    bgeu    s7, t0, 1f
    call    fetch_tile
1:  lw      t0, 0(s0)
    bgeu    s7, t0, 2f
    la      t0, input
    sw      t1, desc.a(t0)
    sw      t2, desc.d(t0)
    hx.issue t0
    lh      t3, desc.n0(t0)
    mul     t3, t3, s2
    add     t1, t1, t3
    add     t2, t2, t3
2:  addi    s7, s7, 1
    lw      t0, 0(s0)
    bltu    s7, t0, first
    li      t0, RING
    bltu    s7, t0, first
    call    load_tile
    li      gp, 1
    li      tp, 0
layer:
    li      s7, 0
columns:
    li      s8, 0
reduction:
    la      t0, stream
    lw      t1, desc.pitcha(t0)
    mul     t1, t1, s2
    mul     t1, t1, s8
    add     t1, t1, s5
    sw      t1, desc.mx.stream.a(t0)
    snez    t1, s8
    slli    t1, t1, 1
    sb      t1, desc.flags(t0)
    andi    t1, s7, 1
    sb      t1, desc.slot(t0)
    li      t1, 0                   # waits: of input, and of vector work
    seqz    t2, s7
    and     t2, t2, gp
    beqz    t2, 1f
    li      t1, x_full + (1 << 8)
1:  sh      t1, desc.wait(t0)
    slli    t1, tp, 8
    ori     t1, t1, v_done
    sh      t1, desc.wait + 2(t0)
    bnez    tp, 1f
    sh      zero, desc.wait + 2(t0)
1:  li      tp, 0
    hx.issue t0
    addi    s8, s8, 1
    lw      t0, 0(s0)
    bltu    s8, t0, 1f
    call    drain_block
1:  call    load_tile
    call    fetch_tile
    lw      t0, 0(s0)
    bltu    s8, t0, reduction
    addi    s7, s7, 1
    lw      t0, 4(s0)
    bltu    s7, t0, columns

    lw      a3, 8(s0)               # elementwise work on all of the layer's results
    beqz    a3, 2f
    la      t0, vector
    lw      t1, 4(s0)
    mul     t1, t1, s2
    sh      t1, desc.m(t0)
    sh      s3, desc.n(t0)
    sw      s3, desc.vx.mul.pitcha(t0)
    sw      s3, desc.vx.mul.pitchb(t0)
    slli    t2, s3, 1
    sw      t2, desc.vx.mul.pitchd(t0)
    sw      s6, desc.vx.mul.a(t0)
    sw      s6, desc.vx.mul.b(t0)
    mul     t2, t1, s3
    add     t2, t2, s6
    sw      t2, desc.vx.mul.d(t0)
    li      t1, v_ready + (1 << 8)
1:  sh      t1, desc.wait(t0)
    addi    a3, a3, -1
    seqz    t2, a3
    slli    t2, t2, 8
    beqz    t2, 3f
    ori     t2, t2, v_done
3:  sh      t2, desc.post(t0)
    hx.issue t0
    li      t1, 0
    bnez    a3, 1b
    li      tp, 1
2:  la      t0, network
    lw      t0, NETWORK_WIDE(t0)
    li      gp, 0
    bnez    t0, 1f
    mv      t0, s5                  # results are the next layer's input
    mv      s5, s6
    mv      s6, t0
1:  addi    s0, s0, LAYER_STEP
    bltu    s0, s1, layer
    wait_for ALL_QUEUES
    phase   PHASE_OTHER
out:
    li      a0, 0
    lw      ra, 28(sp)
    addi    sp, sp, 32
    ret

# fetch_tile: the next weights into the ring, if there are more.
fetch_tile:
    beqz    s9, 9f
    la      t0, fetch
    sw      s10, desc.a(t0)
    sw      s11, desc.d(t0)
    hx.issue t0
    addi    s9, s9, -1
    add     s10, s10, s4
    add     s11, s11, s4
    li      t0, RING_BASE
    slli    t3, s4, 2
    add     t3, t3, t0
    bltu    s11, t3, 9f
    mv      s11, t0
9:  ret

# load_tile: the oldest of the ring into the array's shadow.
load_tile:
    beqz    a7, 9f
    la      t0, load
    sw      a6, desc.w(t0)
    hx.issue t0
    addi    a7, a7, -1
    add     a6, a6, s4
    li      t0, RING_BASE
    slli    t3, s4, 2
    add     t3, t3, t0
    bltu    a6, t3, 9f
    mv      a6, t0
9:  ret

# drain_block: columns s7 of the layer; to memory too if it is the last one.
drain_block:
    la      t0, drain
    mul     t1, s3, s2
    mul     t1, t1, s7
    add     t2, t1, s6
    sw      t2, desc.d(t0)
    andi    t3, s7, 1
    sb      t3, desc.slot(t0)
    li      t3, 0
    addi    t4, s0, LAYER_STEP
    bltu    t4, s1, 1f
    li      t3, y_full + (1 << 8)
1:  sh      t3, desc.post(t0)
    li      t3, 0                   # the last block starts the vector work
    lw      t4, 8(s0)
    beqz    t4, 2f
    lw      t4, 4(s0)
    addi    t4, t4, -1
    bne     t4, s7, 2f
    li      t3, v_ready + (1 << 8)
2:  sh      t3, desc.post + 2(t0)
    hx.issue t0
    addi    t4, s0, LAYER_STEP
    bltu    t4, s1, 9f
    la      t0, store
    sw      t2, desc.a(t0)
    la      t3, network
    lw      t3, NETWORK_OUTPUT(t3)
    add     t3, t3, t1
    sw      t3, desc.d(t0)
    hx.issue t0
9:  ret

    .data
    .balign 64
    .globl  network
network: .space 2048                # 168 layers

    .balign 64
fetch:
    ld.copy     template, dims=2, src0=1, dst0=1, type=int8, wait=w_free:1, post=w_full:1
input:
    ld.copy     template, dims=2, src0=1, dst0=1, type=int8, post=x_full:1
load:
    mx.load     template, type=int8, wait=w_full:1, post=w_free:1
stream:
    mx.stream   template, type=int8
drain:
    mx.drain    template, acc=int32, out=int8, act=relu
vector:
    vx.mul      template, typea=int8, typeb=int8, out=bf16, chain
store:
    st.copy     template, dims=2, src0=1, dst0=1, type=int8, wait=y_full:1
