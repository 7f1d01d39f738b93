# Classifies digits with weights that mlp_train left: the forward pass of the same network, and how many were right.
#
#   hybridemu run mlp_train.elf --data csv:train.csv@train_data --signature weights.hex
#   hybridemu run mlp_infer.elf --data hex:weights.hex@weights --data csv:test.csv@test_data

    .include "../lib/hx.inc"
    .include "../lib/mlp.inc"

    .text
main:
    addi    sp, sp, -16
    sw      ra, 12(sp)
    call    setup
    phase   PHASE_DATA
    own     load_w1
    own     load_b1
    own     load_w2
    own     load_b2
    wait_for 1 << LD
    li      s7, 0
    la      a0, test_data
    call    evaluate
    bnez    a0, bad_data
    li      a0, 1 << 31                         # bit 31 of the epoch: held-out data
    li      a1, 0
    call    post_record
    phase   PHASE_OTHER
    call    report
    hx.barrier                                  # nobody stops before everybody is done
    li      a0, 0
done:
    lw      ra, 12(sp)
    addi    sp, sp, 16
    ret
bad_data:
    la      a0, text_no_data
    call    fail
    j       done

    .data
fit_table:
    fit_forward
    fit load_w1,       desc.n0,     SET_HT
    fit load_w1,       desc.a,      ADD_T4
    fit load_w1,       desc.dst1,   SET_HT2
    fit load_b1,       desc.n0,     SET_HT
    fit load_b1,       desc.a,      ADD_T4
fit_table_end:

rows_table:
    rows_forward
rows_table_end:

    .balign 64
descriptors:
    .include "../lib/mlp_forward.inc"
load_w1:
    ld.copy     a=weights, d=sp(w1), dims=2, n0=HIDDEN, n1=FEATURES, src0=4, src1=HIDDEN * 4, dst0=2, dst1=HIDDEN * 2, typea=fp32, out=bf16
load_b1:
    ld.copy     a=weights + FEATURES * HIDDEN * 4, d=sp(b1), dims=1, n0=HIDDEN, src0=4, dst0=4, typea=fp32, out=fp32
load_w2:
    ld.copy     a=weights + FEATURES * HIDDEN * 4 + HIDDEN * 4, d=sp(w2), dims=1, n0=HIDDEN * CP, src0=4, dst0=2, typea=fp32, out=bf16
load_b2:
    ld.copy     a=weights + FEATURES * HIDDEN * 4 + HIDDEN * 4 + HIDDEN * CP * 4, d=sp(b2), dims=1, n0=CP, src0=4, dst0=4, typea=fp32, out=fp32
descriptors_end:

    .bss
    .balign 64
copies: .space 4 * 4096

    .section .stream
    .globl  test_data, weights
train_data:                                     # the header load starts with some data set's address
test_data:  .space 0x2000000
exchange:   .space 2 * BATCH * HIDDEN * 2
weights:    .space FEATURES * HIDDEN * 4 + HIDDEN * 4 + HIDDEN * CP * 4 + CP * 4
