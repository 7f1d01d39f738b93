# A network whose weights stream from memory while its activations stay in the scratchpad, as TPU v1 works: tiles of R x C weights
# go through a ring of four, mx.load shifts one into the array beside mx.stream of the one before. The words at `network` say what
# there is to do; sizes are whole tiles, padded with zeros by the host.
#
#   LD  weights of tile i -> ring[i % 4]    waits w_free             posts w_full
#   LD  input, block by block of C columns                           posts x_full (the last block)
#   MX  load ring[i % 4]                    waits w_full             posts w_free
#   MX  stream of a group of images         waits x_full (the first of all) or p_done (padding); v_done (first of a layer)
#   MX  drain of a group's block            posts y_full (last layer) or p_ready (padding); v_ready (last of a layer with vector work)
#   VX  zeros into a group's padding        waits p_ready            posts p_done
#   VX  elementwise work of a layer         waits v_ready            posts v_done
#   ST  output of a group                   waits y_full
#
# Activations lie as blocks of C columns (R = C), C bytes a pixel. A pixel row is WIDTH pixels and PAD pixels of zeros, which are the
# right padding of this pixel row and the left one of the next. PAD pixel rows of zeros lie below each image, and above the first with
# PAD zeros before them. So what a tap of a filter meets is one run of pixels, at the tap's distance from those that are made. The run
# has the padding in it: sums are made for it too, and zeros written over them. As many images as a slot of the accumulators takes
# are a group; the weights of a tile meet group after group. Products are images of one pixel without padding.
#
# With PASSES defined there may be more groups than slots, and filters of the whole image: stream_passes.inc. Without it a network has less
# code to fetch.

    .include "../lib/hx.inc"

.equ w_full, 0                      # semaphores
.equ w_free, 1
.equ x_full, 2
.equ y_full, 3
.equ v_ready, 4
.equ v_done, 5
.equ p_ready, 6
.equ p_done, 7

.equ NETWORK_LAYERS,  0             # the words at `network`
.equ NETWORK_IMAGES,  4             # the batch
.equ NETWORK_TILES,   8             # of all layers
.equ NETWORK_WEIGHTS, 12            # tile after tile, in the order of use
.equ NETWORK_INPUT,   16            # block after block, with padding
.equ NETWORK_OUTPUT,  20            # block after block, without
.equ NETWORK_WIDE,    24            # 1: operands of 16 bits. Then every layer reads the input, as drains give 8 bits
.equ NETWORK_SCALE,   28
.equ NETWORK_HEIGHT,  32            # of an image in pixels
.equ NETWORK_WIDTH,   36
.equ NETWORK_PAD,     40            # half of the largest filter
.equ NETWORK_GROUP,   44            # images that a slot takes
.equ NETWORK_HIGH,    48            # bits 47:32 of the addresses of input and output: those of HBM, or of the host's memory
.equ NETWORK_FIRST,   52            # a layer: blocks of k, of n, elementwise operations, pixels of a filter's side (0: of the whole image)
.equ LAYER_STEP,      16

.equ SHAPE_ROW,   0                 # bytes in a block of 8-bit activations: of a pixel row
.equ SHAPE_IMAGE, 4                 # of an image
.equ SHAPE_BLOCK, 8
.equ SHAPE_LEAD,  12                # of the padding before the first image
.equ SHAPE_RUN,   16                # pixels of a run over one image
.equ SHAPE_STEP,  20                # pixels from image to image
.equ SHAPE_NOW,   24                # images of the group at hand

.equ ACCUMULATE, 2
.equ RING, 4
.equ RING_BASE, SCRATCHPAD + 4096
.equ ZEROS, SCRATCHPAD + 64

# s0 layer at hand, s1 its end; s2 the tap's distance in bytes; s3 side of a tile, s4 bytes of one; s5 input, s6 output buffer; s7 block of
# n, s8 of k; s9 tiles to be fetched; s10 next of them in memory; s11 place in the ring of the next fetch; a6 place of the next load;
# a7 tiles to be loaded; gp what first streams wait for; tp 1 where the first stream of a layer waits for vector work;
# a0 pixel rows and a1 pixels of the filter to come; a2 group and slot; a3 images after it; a4 its first pixel in a block; a5 images.
main:
    addi    sp, sp, -32
    sw      ra, 28(sp)
    csrr    t0, mhartid
    bnez    t0, out
    la      s0, network
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
    lw      t1, NETWORK_SCALE(s0)   # parameter block, and behind it PAD pixels of zeros
    sw      t1, 0(t0)
    lw      t1, NETWORK_PAD(s0)
    mul     t1, t1, s3
    addi    t1, t1, 60
1:  addi    t0, t0, 4
    sw      zero, 0(t0)
    addi    t1, t1, -4
    bnez    t1, 1b
    call    measure
.ifdef PASSES
    call    begin_passes
.endif
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
    sh      s3, desc.n(t0)
    sw      s3, desc.pitchd(t0)
    li      t1, SCRATCHPAD
    sw      t1, desc.mx.drain.params(t0)
    la      t0, stream
    sh      s3, desc.mx.stream.k(t0)
    sh      s3, desc.n(t0)
    lw      t2, NETWORK_HIGH(s0)
    la      t1, store
    sh      t2, desc.d + 4(t1)
    la      t1, input
    sh      t2, desc.a + 4(t1)
    lw      t2, NETWORK_WIDE(s0)
    sll     t3, s3, t2              # bytes of a pixel of a block
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
    addi    t3, s7, 1
    lw      t4, 0(s0)
    bne     t3, t4, 1f
    li      t3, x_full + (1 << 8)   # the last one; all before it are there by then
    sh      t3, desc.post(t0)
1:  hx.issue t0
    lhu     t3, desc.n0(t0)
    lhu     t4, desc.n1(t0)
    mul     t3, t3, t4
    add     t1, t1, t3
    add     t2, t2, t3
2:  addi    s7, s7, 1
    lw      t0, 0(s0)
    bltu    s7, t0, first
    li      t0, RING
    bltu    s7, t0, first
    call    load_tile
    li      gp, x_full + (1 << 8)
    li      tp, 0
layer:
.ifdef PASSES
    call    take_shape
.endif
    li      s7, 0
columns:
.ifdef PASSES
    call    first_pass
pass:
.endif
    la      t0, stream              # the first products of a block begin its sums
    sb      zero, desc.flags(t0)
.ifdef PASSES
    call    first_tap
.else
    lw      a0, 12(s0)
    mv      a1, a0
    addi    t0, a0, -1              # a filter's middle lies on the pixel that is made
    srli    t0, t0, 1
    la      t1, shape
    lw      t1, SHAPE_ROW(t1)
    add     t1, t1, s3
    mul     s2, t0, t1
    neg     s2, s2
.endif
tap:
    li      s8, 0
reduction:
    call    first_group
group:
    call    take_group
    la      t0, stream
    la      t1, network
    la      t3, shape
    lw      t2, SHAPE_BLOCK(t3)
    mul     t2, t2, s8
    add     t2, t2, a4
    add     t2, t2, s2
    lw      t1, NETWORK_WIDE(t1)
    sll     t2, t2, t1
    add     t2, t2, s5
    sw      t2, desc.mx.stream.a(t0)
    sb      a2, desc.slot(t0)
    sh      gp, desc.wait(t0)       # waits: of the input, or of padding; and of vector work
    slli    t1, tp, 8
    beqz    tp, 1f
    ori     t1, t1, v_done
1:  sh      t1, desc.wait + 2(t0)
    li      tp, 0
    hx.issue t0
.ifdef PASSES
    li      t0, p_done + (1 << 8)   # one for each group; all else at once
    beq     gp, t0, 1f
.else
    li      t0, x_full + (1 << 8)
    bne     gp, t0, 1f
.endif
    li      gp, 0
1:  call    pass_group
    bnez    a3, group
    addi    t0, s8, 1               # the last products of a block of sums?
    lw      t1, 0(s0)
    bne     t0, t1, 2f
    add     t0, a0, a1
    addi    t0, t0, -2
    bnez    t0, 2f
    call    first_drain             # behind all of them, as a drain waits until the array is empty
1:  call    take_group
    call    drain_group
    call    pass_group
    bnez    a3, 1b
.ifdef PASSES
    call    take_source
.endif
2:  call    load_tile
    call    fetch_tile
    la      t0, stream
    li      t1, ACCUMULATE
    sb      t1, desc.flags(t0)
    addi    s8, s8, 1
    lw      t0, 0(s0)
    bltu    s8, t0, reduction
    li      gp, 0
    add     s2, s2, s3              # the next pixel of the filter
    addi    a1, a1, -1
    bnez    a1, tap
.ifdef PASSES
    la      t0, shape
    lw      a1, FILTER_WIDTH(t0)
.else
    lw      a1, 12(s0)              # the first one of its next row
    la      t0, shape
.endif
    lw      t0, SHAPE_ROW(t0)
    add     s2, s2, t0
    mul     t1, a1, s3
    sub     s2, s2, t1
    addi    a0, a0, -1
    bnez    a0, tap
.ifdef PASSES
    call    next_pass
    bnez    a3, pass
.endif
    addi    s7, s7, 1
    lw      t0, 4(s0)
    bltu    s7, t0, columns

    la      t2, network
    lw      t0, NETWORK_PAD(t2)
    beqz    t0, 1f
    li      gp, p_done + (1 << 8)
1:  lw      a3, 8(s0)               # elementwise work on all of the layer's results
    beqz    a3, 2f
    la      t0, vector
    lw      t1, 4(s0)
    lw      t2, NETWORK_IMAGES(t2)
    mul     t1, t1, t2
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

    .include "stream_weights.inc"
    .include "stream_output.inc"
.ifdef PASSES
    .include "stream_passes.inc"
.endif

    .data
    .balign 64
    .globl  network
network: .space NETWORK_FIRST + 168 * LAYER_STEP
    .balign 64
shape:  .space 64
.ifdef PASSES
    .space 128
.endif

fetch:
    ld.copy     template, dims=2, src0=1, dst0=1, type=int8, wait=w_free:1, post=w_full:1
input:
    ld.copy     template, dims=2, src0=1, dst0=1, type=int8
load:
    mx.load     template, type=int8, wait=w_full:1, post=w_free:1
stream:
    mx.stream   template, type=int8
drain:
    mx.drain    template, acc=int32, out=int8, act=relu
vector:
    vx.mul      template, typea=int8, typeb=int8, out=bf16, chain
clear:
    vx.convert  template, typea=fp32, out=fp32, a=ZEROS
store:
    st.copy     template, dims=3, src0=1, dst0=1, type=int8, wait=y_full:1
