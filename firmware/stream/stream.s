# Streams from HBM, and back, by DMA alone: every tile reads blocks of a quarter of its scratchpad one after the other, and with the
# word writes = 1 stores one block for each two that it reads. Nothing is computed; what counts is bytes a cycle.
#
# Blocks go to two buffers in turn, and come from two others. A block waits for the one before it in its buffer, which has long
# passed: that costs nothing and orders what the queue alone does not.
#
#   blocks   blocks that a tile reads, 1 to 65535
#   writes   0 reads only, 1 one store to two reads

    .include "../lib/hx.inc"

.equ AREA_BYTES, 0x2000000          # read from, and as much written to; all tiles share it
.equ ROW_BYTES, 0x4000              # a descriptor's rows

.equ free, 0                        # semaphores: two of loads, two of stores

.macro field register, descriptor, offset
    addi    \register, gp, \descriptor - descriptors + \offset
.endm

# Registers: s0 hart, s1 blocks left, s2 writes, s3 bytes of a block, s4 offset of the next block, s5 end of this tile's share.
main:
    addi    sp, sp, -16
    sw      ra, 12(sp)
    csrr    s0, mhartid
    csrr    t1, hxtiles
    la      t0, blocks
    lw      s1, 0(t0)
    lw      s2, 4(t0)
    csrr    s3, hxspbytes
    srli    s3, s3, 2
    li      t0, AREA_BYTES
    divu    t0, t0, t1              # a tile's share, in whole blocks
    divu    t0, t0, s3
    mul     t0, t0, s3
    mul     s4, t0, s0
    add     s5, s4, t0
    mv      s6, s4
    la      gp, copies              # this hart's descriptors
    slli    t0, s0, 8
    add     gp, gp, t0
    la      t0, descriptors
    la      t1, descriptors_end
    mv      t2, gp
1:  lw      t3, 0(t0)
    sw      t3, 0(t2)
    addi    t0, t0, 4
    addi    t2, t2, 4
    bltu    t0, t1, 1b

    srli    t0, s3, 14              # rows of a block
    li      t2, SCRATCHPAD
    li      t3, free
    li      t4, 1
    mv      t1, gp
1:  hx.seminit t3, t4
    sh      t0, desc.n1(t1)
    sw      t2, desc.d(t1)          # of loads
    sw      t2, desc.a(t1)          # of stores; the other one is HBM's and comes later
    add     t2, t2, s3
    addi    t1, t1, 64
    addi    t3, t3, 1
    slti    t5, t3, free + 4
    bnez    t5, 1b
    li      s7, 0                   # which buffer is next: 0 or 64
    li      s8, 0

    hx.barrier                      # all tiles together
    phase   PHASE_DATA
stream:
    beqz    s1, done
    field   t0, load_blocks, 0
    add     t0, t0, s7
    xori    s7, s7, 64
    la      t1, area
    add     t1, t1, s4
    sw      t1, desc.a(t0)
    hx.issue t0
    and     t0, s1, s2              # every second one
    beqz    t0, 1f
    field   t0, store_blocks, 0
    add     t0, t0, s8
    xori    s8, s8, 64
    la      t1, written
    add     t1, t1, s4
    sw      t1, desc.d(t0)
    hx.issue t0
1:  add     s4, s4, s3
    bltu    s4, s5, 2f
    mv      s4, s6
2:  addi    s1, s1, -1
    j       stream
done:
    wait_for ALL_QUEUES
    phase   PHASE_OTHER
    hx.barrier
    li      a0, 0
    lw      ra, 12(sp)
    addi    sp, sp, 16
    ret

    .data
    .globl  blocks, writes
blocks: .word 16
writes: .word 0

    .balign 64
descriptors:
load_blocks:
    ld.copy     template, dims=2, src0=2, dst0=2, n0=ROW_BYTES / 2, src1=ROW_BYTES, dst1=ROW_BYTES, typea=bf16, out=bf16, wait=free:1, post=free:1
    ld.copy     template, dims=2, src0=2, dst0=2, n0=ROW_BYTES / 2, src1=ROW_BYTES, dst1=ROW_BYTES, typea=bf16, out=bf16, wait=free + 1:1, post=free + 1:1
store_blocks:
    st.copy     template, dims=2, src0=2, dst0=2, n0=ROW_BYTES / 2, src1=ROW_BYTES, dst1=ROW_BYTES, typea=bf16, out=bf16, wait=free + 2:1, post=free + 2:1
    st.copy     template, dims=2, src0=2, dst0=2, n0=ROW_BYTES / 2, src1=ROW_BYTES, dst1=ROW_BYTES, typea=bf16, out=bf16, wait=free + 3:1, post=free + 3:1
descriptors_end:

    .bss
    .balign 64
copies: .space 256 * 16             # a hart each

    .section .stream, "aw", @nobits
area:    .space AREA_BYTES
written: .space AREA_BYTES
