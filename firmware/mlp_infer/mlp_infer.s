# Classifies digits with weights that mlp_train left: the forward pass of the same network, its logits, and how many were
# right. A hidden layer that is not 32 wide is told to both by --data word:N@hidden. Logits end as fp32 from
# begin_signature on, a row of 16 an image. The loss is told by chips that have losses (hxfeatures); others tell NaN.
#
#   hybridemu run mlp_train.elf --data csv:train.csv@train_data --signature weights.hex
#   hybridemu run mlp_infer.elf --data hex:weights.hex@weights --data csv:test.csv@test_data

    .include "../lib/hx.inc"
    .include "../lib/mlp.inc"

.equ HAS_LOSS, 1                                # bit 0 of hxfeatures
.equ NAN, 0x7fc00000
.equ BEST_PITCH, 16
    .spalloc best, BATCH * BEST_PITCH           # class of each image of the batch

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
    call    classify
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

# classify: the whole data set at a0. The record has the result, HBM the logits; a0 = 0 when there was a data set, else
# what is wrong.
classify:
    addi    sp, sp, -16
    sw      ra, 12(sp)
    call    open_dataset
    bnez    a0, 4f
    slli    t0, s6, 6                           # CP fp32 an image
    la      t1, signature_bytes
    sw      t0, 0(t1)
    call    clear_record
    call    load_batch
1:  call    next_batch
    call    load_batch
    call    forward
    phase   PHASE_LOSS
    bnez    s0, 2f
    own     store_logits                        # every tile has them all
    field   t0, store_logits, desc.d
    lw      t1, 0(t0)
    slli    t2, s7, 6
    add     t1, t1, t2
    sw      t1, 0(t0)
2:  csrr    t0, hxfeatures
    andi    t0, t0, HAS_LOSS
    bnez    t0, 3f
    call    count
    j       5f
3:  own     score
5:  wait_for (1 << ST) | (1 << VX)
    field   t0, score, desc.labels                 # the other label buffer
    lw      t1, 0(t0)
    xori    t1, t1, BATCH * 4
    sw      t1, 0(t0)
    bnez    s6, 1b
    li      a0, 0
4:  lw      ra, 12(sp)
    addi    sp, sp, 16
    ret

# count: what loss.xent counts, where there is none: the greatest logit of each row against its label.
count:
    own     best_class
    li      t0, y_full
    li      t1, 1
    hx.semwait t0, t1
    wait_for 1 << VX
    field   t0, score, desc.labels
    lw      t0, 0(t0)
    li      t1, SCRATCHPAD + best
    li      t2, SCRATCHPAD + record
    lw      t3, CORRECT(t2)
    mv      t4, s7
1:  lw      t5, 0(t0)
    lw      t6, 0(t1)
    bne     t5, t6, 2f
    addi    t3, t3, 1
2:  addi    t0, t0, 4
    addi    t1, t1, BEST_PITCH
    addi    t4, t4, -1
    bnez    t4, 1b
    sw      t3, CORRECT(t2)
    lw      t3, SEEN(t2)
    add     t3, t3, s7
    sw      t3, SEEN(t2)
    li      t3, NAN
    sw      t3, 0(t2)
    ret

    .data
    .globl  signature_bytes
signature_bytes: .word 0                        # how much of the room between begin_signature and end_signature is used

    .balign 64
descriptors:
    .include "../lib/mlp_forward.inc"
best_class:
    vx.argmax   a=sp(z), d=sp(best), m=BATCH, n=CLASSES, pitcha=CP * 4, pitchd=BEST_PITCH, typea=fp32, out=int32
    fit best_class, m=rows
store_logits:
    st.copy     a=sp(z), d=logits_of_images, dims=2, n0=CP, n1=BATCH, src0=4, dst0=4, src1=CP * 4, dst1=CP * 4, typea=fp32, out=fp32
    fit store_logits, n1=rows
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
    .globl  test_data, weights, begin_signature, end_signature
train_data:                                     # the header load starts with some data set's address
test_data:  .space 0x2000000
exchange:   .space 2 * EXCHANGE_BYTES
weights:    .space MAX_FEATURES * MAX_HIDDEN * 4 + MAX_HIDDEN * 4 + MAX_HIDDEN * CP * 4 + CP * 4
logits_of_images:
begin_signature:
    .space  0x2000000                           # of as many images as test_data has room for
end_signature:
