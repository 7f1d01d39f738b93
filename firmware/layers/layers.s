# One layer of a network: C = A * W, in int8 with int32 sums or in bf16 with fp32 sums, for any sizes, on any chip. The words at
# `layer` say what it is; a convolution's A is made of its image by ld.im2col on the way in.
#
# The tiles of the chip share C, columns first, as a grid. A tile goes through its share by blocks of rows x columns that fit an
# accumulator slot, and through each block by slabs of k that fit the scratchpad, so that no layer is too large:
#
#   LD  X slab -> x[i]                waits x_free            posts x_full
#   LD  W slab -> w[j % 2]            waits w_free            posts w_full
#   MX  slot (+)= x * w               waits w_full (x_full)   posts w_free (x_free)
#   MX  drain slot -> y[b % 2]        waits y_free            posts y_full
#   ST  y[b % 2] -> C                 waits y_full            posts y_free
#
# Where all slabs of a block of rows fit, they stay for all columns and are loaded once; else two places take turns.
#
# With the word `separate` every fold of the array is an operation of its own, and nothing moves beside it: then the array's
# cycles are those of SCALE-Sim's convention.

    .include "../lib/hx.inc"
    .include "sizes.inc"

.equ x_full, 0                      # semaphores
.equ x_free, 1
.equ w_full, 2
.equ w_free, 3
.equ y_full, 4
.equ y_free, 5

.equ ACCUMULATE, 2                  # bit of desc.flags

# t1 = address of the element at a row and a column of a matrix whose base and pitch are variables.
.macro element_address base, pitch, row, column
    lw      t1, \pitch(tp)
    mul     t1, t1, \row
    sll     t2, \column, s1
    add     t1, t1, t2
    lw      t2, \base(tp)
    add     t1, t1, t2
.endm

# Registers: s0 hart, s1 log2 of an element's bytes, s2 m, s3 k, s4 n; s5 rows and s6 columns of a block; s7 row and s8 column of
# the block at hand, s9 its rows, s10 its columns; s11 k of the slab at hand; gp this hart's descriptors, tp its variables.
main:
    addi    sp, sp, -16
    sw      ra, 12(sp)
    call    own_copies
    call    choose_sizes
    call    fill_descriptors
    call    free_buffers
    phase   PHASE_FORWARD
    lw      s7, v.first_row(tp)
rows:
    bgeu    s7, s2, done
    sub     s9, s2, s7
    bleu    s9, s5, 1f
    mv      s9, s5
1:  li      t0, 1
    sw      t0, v.fresh(tp)
    lw      s8, v.first_column(tp)
columns:
    bgeu    s8, s4, rows_done
    sub     s10, s4, s8
    bleu    s10, s6, 1f
    mv      s10, s6
1:  lw      t0, v.column_step(tp)
    add     t0, s8, t0
    sltu    t0, t0, s4              # 0: the last columns of these rows
    xori    t0, t0, 1
    lw      t1, v.resident(tp)
    xori    t2, t1, 1
    or      t0, t0, t2
    sw      t0, v.leaves(tp)
    call    block
    lw      t0, v.resident(tp)
    xori    t0, t0, 1
    sw      t0, v.fresh(tp)
    lw      t0, v.column_step(tp)
    add     s8, s8, t0
    j       columns
rows_done:
    lw      t0, v.row_step(tp)
    add     s7, s7, t0
    j       rows
done:
    wait_for ALL_QUEUES
    hx.barrier                      # nobody stops before everybody is done
    phase   PHASE_OTHER
    li      a0, 0
    lw      ra, 12(sp)
    addi    sp, sp, 16
    ret

# block: rows s7.. and columns s8.. of C, slab by slab.
block:
    addi    sp, sp, -16
    sw      ra, 12(sp)
    call    first_slab
    sw      zero, v.sums(tp)
slab:
    lw      t0, v.fresh(tp)
    beqz    t0, 1f
    call    load_x
1:  call    load_w
    call    apart
    call    multiply
    call    apart
    call    next_slab
    bnez    a0, slab
    call    drain_and_store
    call    apart
    lw      ra, 12(sp)
    addi    sp, sp, 16
    ret

# apart: nothing runs beside what comes next, if that was asked for.
apart:
    lw      t0, v.separate(tp)
    beqz    t0, 1f
    wait_for ALL_QUEUES
1:  ret

# load_x: the slab of A's rows into its place.
load_x:
    lw      t0, v.x_place(tp)
    lw      t1, v.x_bytes(tp)
    mul     t0, t0, t1
    lw      t1, v.x_base(tp)
    add     t0, t0, t1
    lw      t1, v.slab_k(tp)
    lw      t2, v.a(tp)
    lw      t3, v.convolution(tp)
    bnez    t3, windows
    sw      t0, LOAD_ROWS + desc.d(gp)
    sh      t1, LOAD_ROWS + desc.n0(gp)
    sh      s9, LOAD_ROWS + desc.n1(gp)
    lw      t3, v.a_pitch(tp)
    mul     t3, t3, s7
    add     t2, t2, t3
    sll     t3, s11, s1
    add     t2, t2, t3
    sw      t2, LOAD_ROWS + desc.a(gp)
    addi    t6, gp, LOAD_ROWS
    hx.issue t6
    ret

# Rows of windows. Of a window that one descriptor cannot hold, the part at hand: its first pixel is where the image begins.
windows:
    sw      t0, LOAD_WINDOWS + desc.d(gp)
    sh      t1, LOAD_WINDOWS + desc.n(gp)
    sh      s9, LOAD_WINDOWS + desc.m(gp)
    sw      s7, LOAD_WINDOWS + desc.firstrow(gp)
    lw      t3, v.part_begin(tp)
    sub     t3, s11, t3
    sh      t3, LOAD_WINDOWS + desc.firstk(gp)
    lw      t3, v.part_height(tp)
    sb      t3, LOAD_WINDOWS + desc.ld.im2col.kh(gp)
    lw      t3, v.part_width(tp)
    sb      t3, LOAD_WINDOWS + desc.ld.im2col.kw(gp)
    lw      t3, v.part_y(tp)
    lw      t4, v.height(tp)
    sub     t4, t4, t3
    sh      t4, LOAD_WINDOWS + desc.ld.im2col.height(gp)
    lw      t4, v.width(tp)
    mul     t3, t3, t4
    lw      t4, v.part_x(tp)
    add     t3, t3, t4
    lw      t4, v.channels(tp)
    mul     t3, t3, t4
    sll     t3, t3, s1
    add     t2, t2, t3
    sw      t2, LOAD_WINDOWS + desc.a(gp)
    addi    t6, gp, LOAD_WINDOWS
    hx.issue t6
    ret

# load_w: the slab of W's columns into the next of two places.
load_w:
    lw      t0, v.w_place(tp)
    sw      t0, LOAD_W + desc.d(gp)
    sh      s10, LOAD_W + desc.n0(gp)
    lw      t1, v.slab_k(tp)
    sh      t1, LOAD_W + desc.n1(gp)
    element_address v.b, v.b_pitch, s11, s8
    sw      t1, LOAD_W + desc.a(gp)
    addi    t6, gp, LOAD_W
    hx.issue t6
    ret

# multiply: the two slabs onto the slot. Only who finds a slab of A just loaded waits for it, only the last to use it frees it.
multiply:
    lw      t0, v.w_place(tp)
    sw      t0, MULTIPLY + desc.w(gp)
    lw      t1, v.w_toggle(tp)
    xor     t0, t0, t1
    sw      t0, v.w_place(tp)
    lw      t0, v.x_place(tp)
    lw      t1, v.x_bytes(tp)
    mul     t1, t0, t1
    lw      t2, v.x_base(tp)
    add     t1, t1, t2
    sw      t1, MULTIPLY + desc.mx.matmul.a(gp)
    addi    t0, t0, 1
    lw      t1, v.x_places(tp)
    bltu    t0, t1, 1f
    li      t0, 0
1:  sw      t0, v.x_place(tp)
    sh      s9, MULTIPLY + desc.m(gp)
    sh      s10, MULTIPLY + desc.n(gp)
    lw      t0, v.slab_k(tp)
    sh      t0, MULTIPLY + desc.mx.matmul.k(gp)
    lw      t0, v.sums(tp)
    sb      t0, MULTIPLY + desc.flags(gp)
    li      t0, ACCUMULATE
    sw      t0, v.sums(tp)
    lw      t0, v.fresh(tp)
    slli    t0, t0, 8
    beqz    t0, 1f
    ori     t0, t0, x_full
1:  sh      t0, MULTIPLY + desc.wait + 2(gp)
    lw      t0, v.leaves(tp)
    slli    t0, t0, 8
    beqz    t0, 1f
    ori     t0, t0, x_free
1:  sh      t0, MULTIPLY + desc.post + 2(gp)
    addi    t6, gp, MULTIPLY
    hx.issue t6
    ret

drain_and_store:
    lw      t0, v.y_place(tp)
    lw      t1, v.y_toggle(tp)
    xor     t1, t0, t1
    sw      t1, v.y_place(tp)
    sw      t0, DRAIN + desc.d(gp)
    sh      s9, DRAIN + desc.m(gp)
    sh      s10, DRAIN + desc.n(gp)
    addi    t6, gp, DRAIN
    hx.issue t6
    sw      t0, STORE + desc.a(gp)
    sh      s10, STORE + desc.n0(gp)
    sh      s9, STORE + desc.n1(gp)
    element_address v.c, v.c_pitch, s7, s8
    sw      t1, STORE + desc.d(gp)
    addi    t6, gp, STORE
    hx.issue t6
    ret

# first_slab, next_slab: the next stretch of k that one load can bring and a place holds. next_slab: a0 = 0 behind the last.
first_slab:
    li      s11, 0
    sw      zero, v.slab_k(tp)
    sw      zero, v.part_end(tp)
    sw      zero, v.part_x(tp)
    sw      zero, v.part_y(tp)
    sw      zero, v.part_width(tp)
    sw      zero, v.part_height(tp)
next_slab:
    lw      t0, v.slab_k(tp)
    add     s11, s11, t0
    li      a0, 0
    bgeu    s11, s3, 9f
    lw      t0, v.part_end(tp)
    bltu    s11, t0, 7f
    sw      s11, v.part_begin(tp)
    lw      t0, v.convolution(tp)
    bnez    t0, 1f
    sw      s3, v.part_end(tp)      # a product has one part
    j       7f
1:  lw      t0, v.part_x(tp)        # to the first pixel that is not in a part yet
    lw      t1, v.part_y(tp)
    lw      t2, v.part_width(tp)
    lw      t3, v.part_height(tp)
    lw      t4, v.window_width(tp)
    add     t0, t0, t2
    bltu    t0, t4, 2f
    li      t0, 0
    add     t1, t1, t3
2:  lw      t5, v.window_height(tp)
    sub     t5, t5, t1              # rows of the window that are left
    li      t2, 256                 # a descriptor's window has 256 pixels at most, and 255 a side
    divu    t3, t2, t4
    addi    t2, t2, -1
    bgtu    t4, t2, 3f
    bleu    t3, t5, 1f
    mv      t3, t5
1:  bleu    t3, t2, 1f
    mv      t3, t2
1:  mv      t2, t4                  # whole rows of the window
    j       4f
3:  li      t3, 1                   # or a part of one
    sub     t5, t4, t0
    bleu    t2, t5, 4f
    mv      t2, t5
4:  sw      t0, v.part_x(tp)
    sw      t1, v.part_y(tp)
    sw      t2, v.part_width(tp)
    sw      t3, v.part_height(tp)
    mul     t0, t2, t3
    lw      t1, v.channels(tp)
    mul     t0, t0, t1
    add     t0, t0, s11
    sw      t0, v.part_end(tp)
7:  lw      t0, v.part_end(tp)
    sub     t0, t0, s11
    lw      t1, v.slab_most(tp)
    bleu    t0, t1, 8f
    mv      t0, t1
8:  sw      t0, v.slab_k(tp)
    li      a0, 1
9:  ret

    .data
    .balign 64
    .globl  layer
layer:  .space LAYER_BYTES

    .balign SET_BYTES
descriptors:                        # of int8, then of bf16; LOAD_ROWS .. STORE are their places
    ld.copy     template, dims=2, src0=1, dst0=1, type=int8, wait=x_free:1, post=x_full:1
    ld.im2col   template, dh=1, dw=1, type=int8, wait=x_free:1, post=x_full:1
    ld.copy     template, dims=2, src0=1, dst0=1, type=int8, wait=w_free:1, post=w_full:1
    mx.matmul   template, slot=0, type=int8, wait=w_full:1, post=w_free:1
    mx.drain    template, slot=0, acc=int32, out=int8, wait=y_free:1, post=y_full:1
    st.copy     template, dims=2, src0=1, dst0=1, type=int8, wait=y_full:1, post=y_free:1
    .balign SET_BYTES
    ld.copy     template, dims=2, src0=2, dst0=2, typea=bf16, out=bf16, wait=x_free:1, post=x_full:1
    ld.im2col   template, dh=1, dw=1, typea=bf16, out=bf16, wait=x_free:1, post=x_full:1
    ld.copy     template, dims=2, src0=2, dst0=2, typea=bf16, out=bf16, wait=w_free:1, post=w_full:1
    mx.matmul   template, slot=0, type=bf16, wait=w_full:1, post=w_free:1
    mx.drain    template, slot=0, acc=fp32, out=bf16, wait=y_free:1, post=y_full:1
    st.copy     template, dims=2, src0=2, dst0=2, typea=bf16, out=bf16, wait=y_full:1, post=y_free:1

    .bss
    .balign 64
copies: .space COPY_BYTES * 16      # a hart each: descriptors, then variables
    .text
