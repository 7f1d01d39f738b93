# A convolution as a product: ld.im2col makes rows of windows of images in HBM while the array multiplies the rows before them.
#
#   LD  rows of windows -> x[i % 2]   waits x_free    posts x_full
#   MX  slot = x[i % 2] * w           waits x_full    posts x_free
#   MX  drain slot -> y               waits y_free    posts y_full
#   ST  y -> result                   waits y_full
#   ST  total += y                                    posts y_free
#
# The whole is done ROUNDS times, so that total is ROUNDS times the result, added up in fp32. After that a padded copy frames
# the first image with -1, and int4 numbers are unpacked and packed again. Leave out a wait, and the race checker stops the run.
#
# Images are NHWC in bf16, weights KH x KW x C x FILTERS. All sizes may be defined before the program is read.

    .include "../lib/hx.inc"

    .ifndef IMAGES
    .equ IMAGES, 2
    .equ C, 4
    .equ H, 9
    .equ W, 7
    .equ KH, 3
    .equ KW, 3
    .equ SH, 2
    .equ SW, 1
    .equ DH, 1
    .equ DW, 1
    .equ PT, 1
    .equ PL, 1
    .equ OH, 5
    .equ OW, 7
    .equ FILTERS, 12
    .equ BLOCK, 14                  # windows at a time; divides IMAGES * OH * OW
    .equ ROUNDS, 2
    .endif

.equ K, KH * KW * C
.equ WINDOWS, IMAGES * OH * OW
.equ BLOCKS, WINDOWS / BLOCK
.equ X_PITCH, (K * 2 + 15) / 16 * 16
.equ W_PITCH, (FILTERS * 2 + 15) / 16 * 16
.equ Y_PITCH, (FILTERS * 4 + 15) / 16 * 16
.equ PACKED, 200                    # int4 numbers

.equ x_full, 0                      # semaphores
.equ x_free, 1
.equ y_full, 2
.equ y_free, 3
.equ framed, 4
.equ unpacked, 5

    .spalloc w, K * W_PITCH
    .spalloc x0, BLOCK * X_PITCH
    .spalloc x1, BLOCK * X_PITCH
    .spalloc y, BLOCK * Y_PITCH
    .spalloc frame, H * (W + 2) * C * 2
    .spalloc numbers, PACKED

main:
    csrr    t0, mhartid
    bnez    t0, idle                # one tile does it all
    addi    sp, sp, -16
    sw      ra, 12(sp)
    li      t0, x_free
    li      t1, 2
    hx.seminit t0, t1
    li      t0, y_free
    li      t1, 1
    hx.seminit t0, t1

    phase   PHASE_FORWARD
    issue   load_weights
    li      s0, ROUNDS
    li      s5, sp(x0)
    li      s6, sp(x0) ^ sp(x1)
round:
    li      s1, 0                   # window with which the block begins
    la      s2, result
    la      s3, total
    li      s4, WINDOWS
block:
    la      t0, load_rows
    sw      s1, desc.firstrow(t0)
    sw      s5, desc.d(t0)
    hx.issue t0
    la      t0, multiply
    sw      s5, desc.a(t0)
    hx.issue t0
    xor     s5, s5, s6              # the other buffer
    la      t0, store
    sw      s2, desc.d(t0)
    la      t0, add_up
    sw      s3, desc.d(t0)
    issue   drain
    issue   store
    issue   add_up
    li      t0, BLOCK * FILTERS * 4
    add     s2, s2, t0
    add     s3, s3, t0
    addi    s1, s1, BLOCK
    bltu    s1, s4, block
    addi    s0, s0, -1
    bnez    s0, round               # y_free orders what this round adds behind what the last one added

    phase   PHASE_DATA
    issue   load_frame
    issue   store_frame
    issue   unpack
    issue   pack
    wait_for ALL_QUEUES
    phase   PHASE_OTHER
    lw      ra, 12(sp)
    addi    sp, sp, 16
idle:
    li      a0, 0
    ret

    .data
    .balign 64
load_weights:
    ld.copy     a=weights, d=sp(w), n0=FILTERS, n1=K, dst1=W_PITCH, type=bf16
load_rows:
    ld.im2col   a=images, d=sp(x0), m=BLOCK, n=K, channels=C, height=H, width=W, oh=OH, ow=OW, kh=KH, kw=KW, sh=SH, sw=SW, dh=DH, dw=DW, pt=PT, pl=PL, pitch=X_PITCH, type=bf16, wait=x_free:1, post=x_full:1
multiply:
    mx.matmul   a=sp(x0), w=sp(w), slot=0, m=BLOCK, k=K, n=FILTERS, pitcha=X_PITCH, pitchw=W_PITCH, type=bf16, wait=x_full:1, post=x_free:1
drain:
    mx.drain    d=sp(y), slot=0, m=BLOCK, n=FILTERS, pitchd=Y_PITCH, acc=fp32, out=fp32, wait=y_free:1, post=y_full:1
store:
    st.copy     a=sp(y), d=result, n0=FILTERS, n1=BLOCK, src1=Y_PITCH, type=fp32, wait=y_full:1
add_up:
    st.accumulate a=sp(y), d=total, n0=FILTERS, n1=BLOCK, src1=Y_PITCH, type=fp32, post=y_free:1
load_frame:
    ld.copy     a=images, d=sp(frame), n0=W * C, n1=H, fill=0xbf80, padbefore=C, padafter=C, type=bf16, post=framed:1
store_frame:
    st.copy     a=sp(frame), d=framed_image, n0=(W + 2) * C * H, type=bf16, wait=framed:1
unpack:
    ld.copy     a=packed, d=sp(numbers), n0=PACKED, typea=int4, out=int8, post=unpacked:1
pack:
    st.copy     a=sp(numbers), d=repacked, n0=PACKED, typea=int8, out=int4, wait=unpacked:1

    .section .stream, "aw", @nobits
    .globl  images, weights, result, total, framed_image, packed, repacked
    .balign 64
images:  .space IMAGES * H * W * C * 2
    .balign 64
weights: .space K * FILTERS * 2
    .balign 64
result:  .space WINDOWS * FILTERS * 4
    .balign 64
total:   .space WINDOWS * FILTERS * 4
    .balign 64
framed_image: .space (W + 2) * C * H * 2
    .balign 64
packed:  .space PACKED / 2
    .balign 64
repacked: .space PACKED / 2
