# C = A * B in bf16 with fp32 sums: A is 96 x 80, B is 80 x 40, both in HBM, and so is C.
#
# A comes in three blocks of 32 rows through two buffers, results leave through two others. Nobody tells the array when
# its operands are there: each descriptor waits on semaphores, which others post when their writes are performed.
#
#   LD  A block -> x[i % 2]        waits x_free    posts x_full
#   MX  slot = x[i % 2] * w        waits x_full    posts x_free
#   MX  drain slot -> y[i % 2]     waits y_free    posts y_full
#   ST  y[i % 2] -> C block        waits y_full    posts y_free
#
# B is loaded before the first block. Loads complete in order, so the first x_full says that B is there too, and nobody waits for
# it. Leave out any of the waits, and the race checker stops the run, or it deadlocks.

    .include "../lib/hx.inc"

.equ M, 96
.equ K, 80
.equ N, 40
.equ BLOCK, 32                      # rows of A at a time
.equ BLOCKS, M / BLOCK

.equ x_full,  0                     # semaphores
.equ x_free,  1
.equ y_full,  2
.equ y_free,  3
.equ c_full,  4

    .spalloc w,  K * N * 2
    .spalloc x0, BLOCK * K * 2
    .spalloc x1, BLOCK * K * 2
    .spalloc y0, BLOCK * N * 4
    .spalloc y1, BLOCK * N * 4
    .spalloc check, M * N * 4

main:
    csrr    t0, mhartid
    bnez    t0, idle                # one tile does it all
    addi    sp, sp, -16
    sw      ra, 12(sp)
    li      t0, x_free              # both buffers of each pair start empty
    li      t1, 2
    hx.seminit t0, t1
    li      t0, y_free
    hx.seminit t0, t1

    phase   PHASE_FORWARD
    la      s0, program
    la      s1, program_end
1:  hx.issue s0
    addi    s0, s0, 64
    bltu    s0, s1, 1b
    wait_for ALL_QUEUES

    # Read C back and fold it, so that a person can see that something was computed.
    phase   PHASE_DATA
    issue   read_back
    li      t0, c_full
    li      t1, 1
    hx.semwait t0, t1
    phase   PHASE_OTHER
    li      s0, SCRATCHPAD + check
    li      s1, M * N
    li      s2, 0
2:  lw      t0, 0(s0)
    slli    t1, s2, 5
    srli    s2, s2, 27
    or      s2, s2, t1              # rotate left by 5
    xor     s2, s2, t0
    addi    s0, s0, 4
    addi    s1, s1, -1
    bnez    s1, 2b
    la      a0, message
    call    print
    mv      a0, s2
    call    print_hex
    la      a0, newline
    call    print
    lw      ra, 12(sp)
    addi    sp, sp, 16
idle:
    li      a0, 0
    ret

    .rodata
message: .asciz "gemm 96 x 80 x 40 bf16, folded result "
newline: .asciz "\n"

    .data
program:
    ld.copy   a=b_matrix, d=sp(w), dims=1, n0=K * N, src0=2, dst0=2, typea=bf16, out=bf16

    ld.copy   a=a_matrix, d=sp(x0), dims=1, n0=BLOCK * K, src0=2, dst0=2, typea=bf16, out=bf16, wait=x_free:1, post=x_full:1
    mx.matmul a=sp(x0), w=sp(w), slot=0, m=BLOCK, k=K, n=N, pitcha=K * 2, pitchw=N * 2, type=bf16, wait=x_full:1, post=x_free:1
    mx.drain  d=sp(y0), slot=0, m=BLOCK, n=N, pitchd=N * 4, acc=fp32, out=fp32, wait=y_free:1, post=y_full:1
    st.copy   a=sp(y0), d=c_matrix, dims=1, n0=BLOCK * N, src0=4, dst0=4, typea=fp32, out=fp32, wait=y_full:1, post=y_free:1

    ld.copy   a=a_matrix + BLOCK * K * 2, d=sp(x1), dims=1, n0=BLOCK * K, src0=2, dst0=2, typea=bf16, out=bf16, wait=x_free:1, post=x_full:1
    mx.matmul a=sp(x1), w=sp(w), slot=1, m=BLOCK, k=K, n=N, pitcha=K * 2, pitchw=N * 2, type=bf16, wait=x_full:1, post=x_free:1
    mx.drain  d=sp(y1), slot=1, m=BLOCK, n=N, pitchd=N * 4, acc=fp32, out=fp32, wait=y_free:1, post=y_full:1
    st.copy   a=sp(y1), d=c_matrix + BLOCK * N * 4, dims=1, n0=BLOCK * N, src0=4, dst0=4, typea=fp32, out=fp32, wait=y_full:1, post=y_free:1

    ld.copy   a=a_matrix + 2 * BLOCK * K * 2, d=sp(x0), dims=1, n0=BLOCK * K, src0=2, dst0=2, typea=bf16, out=bf16, wait=x_free:1, post=x_full:1
    mx.matmul a=sp(x0), w=sp(w), slot=0, m=BLOCK, k=K, n=N, pitcha=K * 2, pitchw=N * 2, type=bf16, wait=x_full:1, post=x_free:1
    mx.drain  d=sp(y0), slot=0, m=BLOCK, n=N, pitchd=N * 4, acc=fp32, out=fp32, wait=y_free:1, post=y_full:1
    st.copy   a=sp(y0), d=c_matrix + 2 * BLOCK * N * 4, dims=1, n0=BLOCK * N, src0=4, dst0=4, typea=fp32, out=fp32, wait=y_full:1, post=y_free:1
program_end:

read_back:
    ld.copy   a=c_matrix, d=sp(check), dims=1, n0=M * N, src0=4, dst0=4, typea=fp32, out=fp32, post=c_full:1

# Operands: bf16 numbers of either sign and from 2^-8 to 2^8 in size, from a congruential sequence. Their sums are rounded
# at almost every step, so another order of k gives another result.
    .section .stream, "aw", @progbits
    .set    seed, 12345
    .macro  operand
    .set    seed, (seed * 1103515245 + 12345) & 0x7fffffff
    .half   0x3b80 + (seed >> 16 & 0x7ff) + ((seed >> 8 & 0x80) << 8)
    .endm
    .globl  a_matrix, b_matrix
a_matrix:
    .rept   M * K
    operand
    .endr
    .balign 64
b_matrix:
    .rept   K * N
    operand
    .endr
    .balign 64
    .globl  begin_signature, end_signature
begin_signature:
c_matrix:
    .space  M * N * 4
end_signature:
