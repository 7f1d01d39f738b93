# Trains a network with one hidden layer to tell images apart: forward, loss, backward and update, all on the chip.
#
# Data sets lie in HBM at train_data and test_data, and say how many pixels an image has: 64 of 8x8 digits, 784 of MNIST.
# The word hidden is the width of the hidden layer, the word epochs how often to go through the data. Weights start from
# the seed (He, uniform), are trained by plain SGD on batches of 32 in file order, and end as fp32 from begin_signature
# on: W1, b1, W2, b2, the last two with rows of 16 for 10 classes.
#
#   forward   X = pixels / largest pixel;  H = relu(X W1 + b1);  Z = H W2 + b2
#   loss      mean cross-entropy of softmax(Z);  dZ = (softmax(Z) - onehot) / rows
#   backward  dH = dZ W2^T . (H > 0);  dW2 = H^T dZ;  dW1 = X^T dH;  db = sums over rows
#   update    w = w - 0.1 dw on fp32 masters, with bf16 shadows for the array

    .include "../lib/hx.inc"
    .include "../lib/mlp.inc"

    .spalloc gb2, CP * 4
    .spalloc dz,  BATCH * CP * 2
    .spalloc p_rate, 64
    .spalloc p_random1, 64
    .spalloc p_random2, 64
    .spalloc sixth, 64

    room m1, my.w1_size, 4                      # masters
    room m2, my.w2_size, 4
    room g1, my.w1_size, 4                      # gradients
    room g2, my.w2_size, 4
    room gb1, my.most, 4
    room dh,  my.most, 2 * BATCH
    room dh1, my.most, 2 * BATCH
    room unused, my.most, 4                     # biases have no bf16 shadow, but the optimizer writes one

    .text
main:
    addi    sp, sp, -16
    sw      ra, 12(sp)
    la      a0, train_data
    call    setup
    bnez    a0, bad_data
    call    initialise
    li      s7, 0
    li      s8, 1                               # epoch
    la      t0, epochs
    lw      s9, 0(t0)

epoch:
    la      a0, train_data
    call    open_dataset
    call    clear_record
    call    load_batch
step:
    call    next_batch
    call    load_batch                          # the next one, while this one is computed
    call    forward
    call    backward
    bnez    s6, step
    mv      a0, s8
    li      a1, 0
    call    post_record
    phase   PHASE_OTHER
    addi    s8, s8, 1
    bleu    s8, s9, epoch

    call    store_weights
    la      a0, test_data
    call    evaluate
    la      t0, text_no_data                    # none at all is no mistake
    beq     a0, t0, no_test
    bnez    a0, bad_data
    li      a0, 1 << 31                         # bit 31 of the epoch: held-out data
    or      a0, a0, s9
    li      a1, 0
    call    post_record
    phase   PHASE_OTHER
    call    report
no_test:
    hx.barrier                                  # nobody stops before everybody is done
    li      a0, 0
done:
    lw      ra, 12(sp)
    addi    sp, sp, 16
    ret
bad_data:
    call    fail
    j       done

# initialise: weights uniform in +-sqrt(6 / fan in) from the seed and their place in the whole matrix, biases 0.
initialise:
    addi    sp, sp, -16
    sw      ra, 12(sp)
    li      t0, SCRATCHPAD + sixth
    li      t1, 0x3e2aaaab                      # 1 / 6
    sw      t1, 0(t0)
    li      t0, SCRATCHPAD + p_rate
    li      t1, 0x3dcccccd                      # learning rate 0.1
    sw      t1, 0(t0)
    lw      a0, my.features(tp)
    li      a1, SCRATCHPAD + p_random1
    lw      a2, my.first(tp)
    lw      a3, my.hidden(tp)
    call    random_parameters
    lw      a0, my.hidden(tp)
    li      a1, SCRATCHPAD + p_random2
    lw      a2, my.features(tp)
    mul     a2, a2, a0                          # behind W1's elements
    li      a3, CLASSES
    call    random_parameters
    own     random_w1
    own     shadow_w1
    own     random_w2
    own     shadow_w2
    wait_for 1 << VX
    lw      ra, 12(sp)
    addi    sp, sp, 16
    ret

# random_parameters: a0 = fan in, a1 = parameter block, a2 = origin, a3 = pitch in elements
random_parameters:
    li      t0, SCRATCHPAD + number
    sw      a0, 0(t0)
    own     number_float
    own     number_sixth
    own     number_scale
    wait_for 1 << VX
    li      t0, SCRATCHPAD + number
    lw      t1, 48(t0)
    sw      t1, 0(a1)
    csrr    t1, hxseed
    sw      t1, 32(a1)
    sw      zero, 36(a1)
    sw      a2, 40(a1)
    sw      zero, 44(a1)
    sw      a3, 48(a1)
    ret

# backward: loss and gradients of this batch, and one step of SGD.
backward:
    phase   PHASE_LOSS
    field   t0, score, desc.labels                 # keeps track of the label buffers for both
    lw      t1, 0(t0)
    field   t2, loss, desc.labels
    sw      t1, 0(t2)
    xori    t1, t1, BATCH * 4
    sw      t1, 0(t0)
    own     loss
    wait_for 1 << VX
    phase   PHASE_BACKWARD
    own     d_hidden
    own     d_hidden_drain
    own     d_hidden_relu
    own     d_w2
    own     d_w2_drain
    own     d_b2
    field   t0, d_w1, 0                         # as many products as W1's rows fill the slot, usually one
    field   t1, d_w1_drain, 0
    lw      t2, my.x(tp)
    lw      t3, my.g1(tp)
    lw      t4, my.features(tp)                 # rows left
1:  lw      t5, my.chunk(tp)
    bleu    t5, t4, 2f
    mv      t5, t4
2:  sw      t2, desc.a(t0)
    sh      t5, desc.n0(t0)
    hx.issue t0
    sw      t3, desc.d(t1)
    sh      t5, desc.n0(t1)
    hx.issue t1
    sub     t4, t4, t5
    slli    t6, t5, 1
    add     t2, t2, t6
    lw      t6, my.columns4(tp)
    mul     t6, t6, t5
    add     t3, t3, t6
    bnez    t4, 1b
    own     d_b1
    wait_for (1 << MX) | (1 << VX)
    phase   PHASE_UPDATE
    own     step_w2
    own     step_b2
    own     step_w1
    own     step_b1
    wait_for 1 << VX
    ret

# store_weights: every tile its columns of the hidden layer, tile 0 the rest.
store_weights:
    phase   PHASE_DATA
    own     store_w1
    own     store_b1
    bnez    s0, 1f
    own     store_w2
    own     store_b2
    lw      t0, my.hbm_end(tp)
    la      t1, weights
    sub     t0, t0, t1
    la      t1, signature_bytes
    sw      t0, 0(t1)
1:  wait_for 1 << ST
    ret

    .data
    .globl  epochs, signature_bytes
epochs: .word 20
signature_bytes: .word 0                        # how much of the room between begin_signature and end_signature is used

    .balign 64
descriptors:
    .include "../lib/mlp_forward.inc"
loss:
    loss.xent_grad a=sp(z), labels=sp(lb), record=sp(record), d=sp(dz), m=BATCH, n=CLASSES, pitcha=CP * 4, pitchd=CP * 2, typea=fp32, out=bf16, params=sp(p_grad), wait=y_full:1
    fit loss, m=rows
d_hidden:
    mx.matmul   template, a=sp(dz), slot=2, k=CLASSES, pitcha=CP * 2, pitchw=CP * 2, type=bf16, transposeb
    fit d_hidden, b=my.w2_own, m=rows, n=my.columns
d_hidden_drain:
    mx.drain    template, slot=2, acc=fp32, out=bf16, post=dh_ready:1
    fit d_hidden_drain, d=my.dh, m=rows, n=my.columns, pitchd=my.columns2
d_hidden_relu:
    vx.relu_grad template, typea=bf16, typeb=bf16, out=bf16, wait=dh_ready:1
    fit d_hidden_relu, a=my.dh, b=my.h_own, d=my.dh1, m=rows, n=my.columns, pitcha=my.columns2, pitchb=my.hidden2, pitchd=my.columns2, post=my.dh1_post
d_w2:
    mx.matmul   template, w=sp(dz), slot=3, n=CLASSES, pitchw=CP * 2, type=bf16, transposea
    fit d_w2, a=my.h, m=my.hidden, k=rows, pitcha=my.hidden2
d_w2_drain:
    mx.drain    template, slot=3, n=CLASSES, pitchd=CP * 4, acc=fp32, out=fp32
    fit d_w2_drain, d=my.g2, m=my.hidden
d_b2:
    vx.sum_rows a=sp(dz), d=sp(gb2), m=BATCH, n=CLASSES, pitcha=CP * 2, typea=bf16, out=fp32
    fit d_b2, m=rows
d_w1:
    mx.matmul   template, slot=0, type=bf16, transposea, wait=dh1_ready:1
    fit d_w1, b=my.dh1, k=rows, n=my.columns, pitcha=my.pitch2, pitchb=my.columns2
d_w1_drain:
    mx.drain    template, slot=0, acc=fp32, out=fp32
    fit d_w1_drain, n=my.columns, pitchd=my.columns4
d_b1:
    vx.sum_rows template, typea=bf16, out=fp32, chain
    fit d_b1, a=my.dh1, d=my.gb1, m=rows, n=my.columns, pitcha=my.columns2
step_w2:
    opt.sgd     template, n=CP, typea=fp32, typeb=fp32, out=bf16, params=sp(p_rate)
    fit step_w2, a=my.m2, b=my.g2, d=my.w2, m=my.hidden
step_b2:
    opt.sgd     template, a=sp(b2), b=sp(gb2), m=1, n=CP, typea=fp32, typeb=fp32, out=bf16, params=sp(p_rate)
    fit step_b2, d=my.unused
step_w1:
    opt.sgd     template, typea=fp32, typeb=fp32, out=bf16, params=sp(p_rate)
    fit step_w1, a=my.m1, b=my.g1, d=my.w1, m=my.features, n=my.columns
step_b1:
    opt.sgd     template, m=1, typea=fp32, typeb=fp32, out=bf16, params=sp(p_rate), chain
    fit step_b1, a=my.b1, b=my.gb1, d=my.unused, n=my.columns
number_sixth:
    vx.mul      a=sp(number) + 16, b=sp(sixth), d=sp(number) + 32, m=1, n=1, pitcha=16, pitchb=16, pitchd=16, typea=fp32, typeb=fp32, out=fp32, chain
number_scale:
    vx.rsqrt    a=sp(number) + 32, d=sp(number) + 48, m=1, n=1, pitcha=16, pitchd=16, typea=fp32, out=fp32, chain
random_w1:
    vx.random   template, out=fp32, params=sp(p_random1)
    fit random_w1, d=my.m1, m=my.features, n=my.columns, pitchd=my.columns4
shadow_w1:
    vx.convert  template, typea=fp32, out=bf16, chain
    fit shadow_w1, a=my.m1, d=my.w1, m=my.features, n=my.columns, pitcha=my.columns4, pitchd=my.columns2
random_w2:
    vx.random   template, n=CLASSES, pitchd=CP * 4, out=fp32, params=sp(p_random2)
    fit random_w2, d=my.m2, m=my.hidden
shadow_w2:
    vx.convert  template, n=CLASSES, pitcha=CP * 4, pitchd=CP * 2, typea=fp32, out=bf16, chain
    fit shadow_w2, a=my.m2, d=my.w2, m=my.hidden
store_w1:
    st.copy     template, dims=2, src0=4, dst0=4, typea=fp32, out=fp32
    fit store_w1, a=my.m1, d=my.hbm_w1, n0=my.columns, n1=my.features, src1=my.columns4, dst1=my.hidden4
store_b1:
    st.copy     template, dims=1, src0=4, dst0=4, typea=fp32, out=fp32
    fit store_b1, a=my.b1, d=my.hbm_b1, n0=my.columns
store_w2:
    st.copy     template, dims=1, src0=4, dst0=4, typea=fp32, out=fp32
    fit store_w2, a=my.m2, d=my.hbm_w2, n0=my.w2_size
store_b2:
    st.copy     template, a=sp(b2), dims=1, n0=CP, src0=4, dst0=4, typea=fp32, out=fp32
    fit store_b2, d=my.hbm_b2
    descriptors_end_here

    .section .stream
    .globl  train_data, test_data, weights, begin_signature, end_signature
train_data: .space 0x4000000                    # MNIST's 60000 images take 0x2d16b00
test_data:  .space 0x2000000
exchange:   .space 2 * EXCHANGE_BYTES
weights:
begin_signature:
    .space  MAX_FEATURES * MAX_HIDDEN * 4 + MAX_HIDDEN * 4 + MAX_HIDDEN * CP * 4 + CP * 4
end_signature:
