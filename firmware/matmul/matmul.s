# C = A * B in bf16 with fp32 sums, for sizes found at run time: the words m, k and n. A is m x k, B is k x n, C is m x n, all row
# by row in HBM; k and n are multiples of 8, so that rows keep to 16 bytes. Every tile of the chip takes its share of B's columns.
#
# A block of A's rows stays in the scratchpad while B's columns pass by, as wide as the array, through two buffers; results
# leave through two others:
#
#   LD  A rows                      posts a_full
#   LD  B columns -> w[j % 2]       waits w_free           posts w_full
#   MX  slot[j % 2] = rows * w      waits w_full (a_full)  posts w_free
#   MX  drain slot -> y[j % 2]      waits y_free           posts y_full
#   ST  y[j % 2] -> C               waits y_full           posts y_free

    .include "../lib/hx.inc"

.equ a_full, 0                      # semaphores
.equ w_full, 1
.equ w_free, 2
.equ y_full, 3
.equ y_free, 4

.equ MOST_BYTES, 0x1000000          # of an operand: 2048 x 4096

# Address of a field of this hart's copy of a descriptor.
.macro field register, descriptor, offset
    addi    \register, gp, \descriptor - descriptors + \offset
.endm
.macro own descriptor
    addi    t6, gp, \descriptor - descriptors
    hx.issue t6
.endm

# Registers: s0 hart, s1 tiles, s2 m, s3 k, s4 n; s5 rows and s6 columns of a block; s7 row, s8 column of the block at
# hand, s9 its rows, s10 its columns; s11 which buffers are next; tp bytes of a row of B and C; gp this hart's descriptors.
main:
    addi    sp, sp, -48
    sw      ra, 44(sp)
    csrr    s0, mhartid
    csrr    s1, hxtiles
    la      t0, m
    lw      s2, 0(t0)
    lw      s3, 4(t0)
    lw      s4, 8(t0)
    slli    tp, s4, 1
    la      gp, copies
    slli    t0, s0, 9
    add     gp, gp, t0
    la      t0, descriptors
    la      t1, descriptors_end
    mv      t2, gp
1:  lw      t3, 0(t0)
    sw      t3, 0(t2)
    addi    t0, t0, 4
    addi    t2, t2, 4
    bltu    t0, t1, 1b

    call    check_sizes
    bnez    a0, bad
    call    choose_blocks
    bnez    a0, bad
    li      t0, w_free              # both buffers of each pair start empty
    li      t1, 2
    hx.seminit t0, t1
    li      t0, y_free
    hx.seminit t0, t1

    li      s7, 0
rows:
    sub     s9, s2, s7
    bleu    s9, s5, 1f
    mv      s9, s5
1:  call    first_columns           # nothing to do for more tiles than there are columns of blocks
    bgeu    s8, s4, done
    phase   PHASE_DATA
    call    load_rows
    phase   PHASE_FORWARD
columns:
    sub     s10, s4, s8
    bleu    s10, s6, 1f
    mv      s10, s6
1:  call    multiply
    mul     t0, s6, s1
    add     s8, s8, t0
    bltu    s8, s4, columns
    wait_for ALL_QUEUES             # the rows of A are used no longer
    add     s7, s7, s5
    bltu    s7, s2, rows
done:
    wait_for ALL_QUEUES
    phase   PHASE_OTHER
    la      t0, signature_bytes
    mul     t1, s2, tp
    sw      t1, 0(t0)
    hx.barrier                      # nobody stops before everybody is done
    li      a0, 0
out:
    lw      ra, 44(sp)
    addi    sp, sp, 48
    ret
bad:
    bnez    s0, 1f
    call    print
1:  li      a0, 2
    j       out

# check_sizes: a0 = 0, or the text of what is wrong.
check_sizes:
    la      a0, text_sizes
    beqz    s2, 9f
    beqz    s3, 9f
    beqz    s4, 9f
    or      t0, s3, s4
    andi    t0, t0, 7
    bnez    t0, 9f
    la      a0, text_large
    or      t0, s2, s3              # counts of a descriptor have 16 bits
    or      t0, t0, s4
    srli    t0, t0, 16
    bnez    t0, 9f
    li      t1, MOST_BYTES / 2
    mulhu   t0, s2, s3
    bnez    t0, 9f
    mul     t0, s2, s3
    bgtu    t0, t1, 9f
    mulhu   t0, s3, s4
    bnez    t0, 9f
    mul     t0, s3, s4
    bgtu    t0, t1, 9f
    mulhu   t0, s2, s4
    bnez    t0, 9f
    mul     t0, s2, s4
    bgtu    t0, t1, 9f
    li      a0, 0
9:  ret

# choose_blocks: columns of a block, and as many rows as a slot and the scratchpad hold; where buffers lie; what stays the
# same in every descriptor. a0 = 0, or the text of what is wrong.
choose_blocks:
    csrr    t0, hxcolumns
    addi    s6, t0, 7               # as wide as the array, but whole 16-byte rows and not too narrow for the DMA
    andi    s6, s6, -8
    li      t1, 32
    bgeu    s6, t1, 1f
    mv      s6, t1
1:  bleu    s6, s4, 1f
    mv      s6, s4
1:  add     t1, s6, t0              # words of a slot's row: columns rounded up to the array's
    addi    t1, t1, -1
    divu    t1, t1, t0
    mul     t1, t1, t0
    csrr    t2, hxaccbytes
    srli    t2, t2, 4               # four slots of four-byte words
    divu    s5, t2, t1
    mul     t1, s3, s6              # two buffers of B: 2 * k * columns * 2 bytes
    slli    t1, t1, 2
    csrr    t2, hxspbytes
    la      a0, text_deep
    bgeu    t1, t2, 9f
    sub     t3, t2, t1
    slli    t4, s6, 2               # a row of A, and of two buffers of C
    slli    t5, s3, 1
    add     t4, t4, t5
    divu    t3, t3, t4
    bleu    s5, t3, 1f
    mv      s5, t3
1:  beqz    s5, 9f
    bleu    s5, s2, 1f
    mv      s5, s2
1:
    li      t0, SCRATCHPAD          # A's rows, B's columns twice, C's block twice
    field   t1, multiply_rows, desc.a
    sw      t0, 0(t1)
    field   t1, load_a, desc.d
    sw      t0, 0(t1)
    mul     t2, s5, s3
    slli    t2, t2, 1
    add     t0, t0, t2
    sw      t0, 0(sp)
    mul     t2, s3, s6
    slli    t2, t2, 1
    add     t0, t0, t2
    sw      t0, 4(sp)
    add     t0, t0, t2
    sw      t0, 8(sp)
    mul     t2, s5, s6
    slli    t2, t2, 1
    add     t0, t0, t2
    sw      t0, 12(sp)
    li      s11, 0

    slli    t0, s3, 1               # bytes of a row of A
    field   t1, load_a, 0
    sh      s3, desc.n0(t1)
    sw      t0, desc.src1(t1)
    sw      t0, desc.dst1(t1)
    field   t1, load_b, 0
    sh      s3, desc.n1(t1)
    sw      tp, desc.src1(t1)
    field   t1, multiply_rows, 0
    sh      s3, desc.n1(t1)
    sw      t0, desc.pitcha(t1)
    field   t1, store_c, 0
    sw      tp, desc.dst1(t1)
    li      a0, 0
9:  ret

# first_columns: s8 = this tile's first column
first_columns:
    mul     s8, s6, s0
    ret

# load_rows: A's rows s7 .. s7 + s9 - 1. The first product of them waits for that.
load_rows:
    field   t1, load_a, 0
    slli    t2, s3, 1
    mul     t2, t2, s7
    la      t3, a_matrix
    add     t2, t2, t3
    sw      t2, desc.a(t1)
    sh      s9, desc.n1(t1)
    own     load_a
    li      t2, a_full + (1 << 8)
    field   t1, multiply_rows, desc.wait + 2
    sh      t2, 0(t1)
    ret

# multiply: the block of C at rows s7 and columns s8.
multiply:
    slli    t0, s11, 2
    add     t0, t0, sp
    lw      a1, 0(t0)               # w
    lw      a2, 8(t0)               # y
    slli    a3, s10, 1              # bytes of a row of the block
    slli    a4, s8, 1

    field   t1, load_b, 0
    la      t2, b_matrix
    add     t2, t2, a4
    sw      t2, desc.a(t1)
    sw      a1, desc.d(t1)
    sh      s10, desc.n0(t1)
    sw      a3, desc.dst1(t1)
    hx.issue t1

    field   t1, multiply_rows, 0
    sw      a1, desc.b(t1)
    sh      s9, desc.n0(t1)
    sh      s10, desc.n2(t1)
    sw      a3, desc.pitchw(t1)
    sb      s11, desc.slot(t1)
    hx.issue t1
    sh      zero, desc.wait + 2(t1)

    field   t1, drain_block, 0
    sw      a2, desc.d(t1)
    sh      s9, desc.n0(t1)
    sh      s10, desc.n2(t1)
    sw      a3, desc.pitchd(t1)
    sb      s11, desc.slot(t1)
    hx.issue t1

    field   t1, store_c, 0
    mul     t2, s7, tp
    la      t3, c_matrix
    add     t2, t2, t3
    add     t2, t2, a4
    sw      a2, desc.a(t1)
    sw      t2, desc.d(t1)
    sh      s10, desc.n0(t1)
    sh      s9, desc.n1(t1)
    sw      a3, desc.src1(t1)
    hx.issue t1
    xori    s11, s11, 1
    ret

    .rodata
text_sizes: .asciz "m must be at least 1, k and n multiples of 8 and at least 8.\n"
text_large: .asciz "A matrix has at most 8388608 elements, and no side of 65536.\n"
text_deep:  .asciz "Two buffers of B and a row of A and C do not fit the scratchpad; a smaller k would.\n"

    .data
    .globl  m, k, n, signature_bytes
m:  .word 256
k:  .word 256
n:  .word 256
signature_bytes: .word 0            # how much of the room between begin_signature and end_signature is used

    .balign 64
descriptors:
load_a:
    ld.copy     template, dims=2, src0=2, dst0=2, typea=bf16, out=bf16, post=a_full:1
load_b:
    ld.copy     template, dims=2, src0=2, dst0=2, typea=bf16, out=bf16, wait=w_free:1, post=w_full:1
multiply_rows:
    mx.matmul   template, type=bf16, wait=w_full:1, post=w_free:1
drain_block:
    mx.drain    template, acc=fp32, out=bf16, wait=y_free:1, post=y_full:1
store_c:
    st.copy     template, dims=2, src0=2, dst0=2, typea=bf16, out=bf16, wait=y_full:1, post=y_free:1
descriptors_end:

    .bss
    .balign 64
copies: .space 512 * 16             # a hart each

    .section .stream, "aw", @nobits
    .globl  a_matrix, b_matrix, begin_signature, end_signature
a_matrix: .space MOST_BYTES
b_matrix: .space MOST_BYTES
begin_signature:
c_matrix: .space MOST_BYTES
end_signature:
