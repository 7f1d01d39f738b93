# Classifies digits with weights that mlp_train left: the forward pass of the same network, and how many were right. A
# hidden layer that is not 32 wide is told to both by --data word:N@hidden.
#
#   hybridemu run mlp_train.elf --data csv:train.csv@train_data --signature weights.hex
#   hybridemu run mlp_infer.elf --data hex:weights.hex@weights --data csv:test.csv@test_data

    .include "../lib/hx.inc"
    .include "../lib/mlp.inc"

    .text
main:
    addi    sp, sp, -16
    sw      ra, 12(sp)
    la      a0, test_data
    call    setup
    bnez    a0, bad_data
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
    call    fail
    j       done

    .data
    .balign 64
descriptors:
    .include "../lib/mlp_forward.inc"
load_w1:
    ld.copy     template, dims=2, src0=4, dst0=2, typea=fp32, out=bf16
    fit load_w1, a=my.hbm_w1, d=my.w1, n0=my.columns, n1=my.features, src1=my.hidden4, dst1=my.columns2
load_b1:
    ld.copy     template, dims=1, src0=4, dst0=4, typea=fp32, out=fp32
    fit load_b1, a=my.hbm_b1, d=my.b1, n0=my.columns
load_w2:
    ld.copy     template, dims=1, src0=4, dst0=2, typea=fp32, out=bf16
    fit load_w2, a=my.hbm_w2, d=my.w2, n0=my.w2_size
load_b2:
    ld.copy     template, d=sp(b2), dims=1, n0=CP, src0=4, dst0=4, typea=fp32, out=fp32
    fit load_b2, a=my.hbm_b2
    descriptors_end_here

    .section .stream
    .globl  test_data, weights
train_data:                                     # the header load starts with some data set's address
test_data:  .space 0x2000000
exchange:   .space 2 * EXCHANGE_BYTES
weights:    .space MAX_FEATURES * MAX_HIDDEN * 4 + MAX_HIDDEN * 4 + MAX_HIDDEN * CP * 4 + CP * 4
