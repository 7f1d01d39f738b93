# Trains a 64-32-10 network on 8x8 digits: forward, loss, backward and update, all on the chip.
#
# Data sets lie in HBM at train_data and test_data. Weights start from the seed (He, uniform), are trained by plain SGD on
# batches of 32 in file order, and end as fp32 between begin_signature and end_signature.
#
#   forward   X = pixels / 16;  H = relu(X W1 + b1);  Z = H W2 + b2
#   loss      mean cross-entropy of softmax(Z);  dZ = (softmax(Z) - onehot) / rows
#   backward  dH = dZ W2^T . (H > 0);  dW2 = H^T dZ;  dW1 = X^T dH;  db = sums over rows
#   update    w = w - 0.1 dw on fp32 masters, with bf16 shadows for the array

    .include "../lib/hx.inc"
    .include "../lib/mlp.inc"

    .spalloc m1,  FEATURES * HIDDEN * 4         # masters
    .spalloc m2,  HIDDEN * CP * 4
    .spalloc g1,  FEATURES * HIDDEN * 4         # gradients
    .spalloc g2,  HIDDEN * CP * 4
    .spalloc gb1, HIDDEN * 4
    .spalloc gb2, CP * 4
    .spalloc dz,  BATCH * CP * 2
    .spalloc dh,  BATCH * HIDDEN * 2
    .spalloc dh1, BATCH * HIDDEN * 2
    .spalloc unused, HIDDEN * 2                 # biases have no bf16 shadow, but the optimizer writes one
    .spalloc p_rate, 64
    .spalloc p_random1, 64
    .spalloc p_random2, 64
    .spalloc sixth, 64

    .text
main:
    addi    sp, sp, -16
    sw      ra, 12(sp)
    call    setup
    la      a0, train_data
    call    open_dataset
    la      t0, text_no_data
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
    bnez    a0, no_test
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
    mv      a0, t0
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
    li      a0, FEATURES
    li      a1, SCRATCHPAD + p_random1
    mul     a2, s0, s2                          # first column of this tile
    li      a3, HIDDEN
    call    random_parameters
    li      a0, HIDDEN
    li      a1, SCRATCHPAD + p_random2
    li      a2, FEATURES * HIDDEN               # behind W1's elements
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
    own     d_w1
    own     d_w1_drain
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
1:  wait_for 1 << ST
    ret

    .data
    .globl  epochs
epochs: .word 20

# What the descriptors need to know of HT: n and pitches of the tile's own columns, and where they start.
fit_table:
    fit_forward
    fit d_hidden,      desc.n2,     SET_HT
    fit d_hidden,      desc.b,      ADD_TROWS
    fit d_hidden_drain, desc.n2,    SET_HT
    fit d_hidden_drain, desc.pitchd, SET_HT2
    fit d_hidden_relu, desc.n2,     SET_HT
    fit d_hidden_relu, desc.pitcha, SET_HT2
    fit d_hidden_relu, desc.b,      ADD_T2
    fit d_hidden_relu, desc.pitchd, SET_HT2
    fit d_w1,          desc.n2,     SET_HT
    fit d_w1,          desc.pitchb, SET_HT2
    fit d_w1_drain,    desc.n2,     SET_HT
    fit d_w1_drain,    desc.pitchd, SET_HT4
    fit d_b1,          desc.n2,     SET_HT
    fit d_b1,          desc.pitcha, SET_HT2
    fit step_w1,       desc.n2,     SET_HT
    fit step_b1,       desc.n2,     SET_HT
    fit random_w1,     desc.n2,     SET_HT
    fit random_w1,     desc.pitchd, SET_HT4
    fit shadow_w1,     desc.n2,     SET_HT
    fit shadow_w1,     desc.pitcha, SET_HT4
    fit shadow_w1,     desc.pitchd, SET_HT2
    fit store_w1,      desc.n0,     SET_HT
    fit store_w1,      desc.src1,   SET_HT4
    fit store_w1,      desc.d,      ADD_T4
    fit store_b1,      desc.n0,     SET_HT
    fit store_b1,      desc.d,      ADD_T4
fit_table_end:

# Fields that hold the rows of a batch.
rows_table:
    rows_forward
    rows    loss, desc.n0
    rows    d_hidden, desc.n0
    rows    d_hidden_drain, desc.n0
    rows    d_hidden_relu, desc.n0
    rows    d_w2, desc.n1
    rows    d_b2, desc.n0
    rows    d_w1, desc.n1
    rows    d_b1, desc.n0
rows_table_end:

    .balign 64
descriptors:
    .include "../lib/mlp_forward.inc"
loss:
    loss.xent_grad a=sp(z), labels=sp(lb), record=sp(record), d=sp(dz), m=BATCH, n=CLASSES, pitcha=CP * 4, pitchd=CP * 2, typea=fp32, out=bf16, params=sp(p_grad), wait=y_full:1
d_hidden:
    mx.matmul   a=sp(dz), w=sp(w2), slot=2, m=BATCH, k=CLASSES, n=HIDDEN, pitcha=CP * 2, pitchw=CP * 2, type=bf16, transposeb
d_hidden_drain:
    mx.drain    d=sp(dh), slot=2, m=BATCH, n=HIDDEN, pitchd=HIDDEN * 2, acc=fp32, out=bf16, post=dh_ready:1
d_hidden_relu:
    vx.relu_grad a=sp(dh), b=sp(h), d=sp(dh1), m=BATCH, n=HIDDEN, pitcha=HIDDEN * 2, pitchb=HIDDEN * 2, pitchd=HIDDEN * 2, typea=bf16, typeb=bf16, out=bf16, wait=dh_ready:1, post=dh1_ready:1
d_w2:
    mx.matmul   a=sp(h), w=sp(dz), slot=3, m=HIDDEN, k=BATCH, n=CLASSES, pitcha=HIDDEN * 2, pitchw=CP * 2, type=bf16, transposea
d_w2_drain:
    mx.drain    d=sp(g2), slot=3, m=HIDDEN, n=CLASSES, pitchd=CP * 4, acc=fp32, out=fp32
d_b2:
    vx.sum_rows a=sp(dz), d=sp(gb2), m=BATCH, n=CLASSES, pitcha=CP * 2, typea=bf16, out=fp32
d_w1:
    mx.matmul   a=sp(x), w=sp(dh1), slot=0, m=FEATURES, k=BATCH, n=HIDDEN, pitcha=FEATURES * 2, pitchw=HIDDEN * 2, type=bf16, transposea, wait=dh1_ready:1
d_w1_drain:
    mx.drain    d=sp(g1), slot=0, m=FEATURES, n=HIDDEN, pitchd=HIDDEN * 4, acc=fp32, out=fp32
d_b1:
    vx.sum_rows a=sp(dh1), d=sp(gb1), m=BATCH, n=HIDDEN, pitcha=HIDDEN * 2, typea=bf16, out=fp32, chain
step_w2:
    opt.sgd     a=sp(m2), b=sp(g2), d=sp(w2), m=HIDDEN, n=CP, typea=fp32, typeb=fp32, out=bf16, params=sp(p_rate)
step_b2:
    opt.sgd     a=sp(b2), b=sp(gb2), d=sp(unused), m=1, n=CP, typea=fp32, typeb=fp32, out=bf16, params=sp(p_rate)
step_w1:
    opt.sgd     a=sp(m1), b=sp(g1), d=sp(w1), m=FEATURES, n=HIDDEN, typea=fp32, typeb=fp32, out=bf16, params=sp(p_rate)
step_b1:
    opt.sgd     a=sp(b1), b=sp(gb1), d=sp(unused), m=1, n=HIDDEN, typea=fp32, typeb=fp32, out=bf16, params=sp(p_rate), chain
number_sixth:
    vx.mul      a=sp(number) + 16, b=sp(sixth), d=sp(number) + 32, m=1, n=1, pitcha=16, pitchb=16, pitchd=16, typea=fp32, typeb=fp32, out=fp32, chain
number_scale:
    vx.rsqrt    a=sp(number) + 32, d=sp(number) + 48, m=1, n=1, pitcha=16, pitchd=16, typea=fp32, out=fp32, chain
random_w1:
    vx.random   d=sp(m1), m=FEATURES, n=HIDDEN, pitchd=HIDDEN * 4, out=fp32, params=sp(p_random1)
shadow_w1:
    vx.convert  a=sp(m1), d=sp(w1), m=FEATURES, n=HIDDEN, pitcha=HIDDEN * 4, pitchd=HIDDEN * 2, typea=fp32, out=bf16, chain
random_w2:
    vx.random   d=sp(m2), m=HIDDEN, n=CLASSES, pitchd=CP * 4, out=fp32, params=sp(p_random2)
shadow_w2:
    vx.convert  a=sp(m2), d=sp(w2), m=HIDDEN, n=CLASSES, pitcha=CP * 4, pitchd=CP * 2, typea=fp32, out=bf16, chain
store_w1:
    st.copy     a=sp(m1), d=weights, dims=2, n0=HIDDEN, n1=FEATURES, src0=4, src1=HIDDEN * 4, dst0=4, dst1=HIDDEN * 4, typea=fp32, out=fp32
store_b1:
    st.copy     a=sp(b1), d=weights + FEATURES * HIDDEN * 4, dims=1, n0=HIDDEN, src0=4, dst0=4, typea=fp32, out=fp32
store_w2:
    st.copy     a=sp(m2), d=weights + FEATURES * HIDDEN * 4 + HIDDEN * 4, dims=1, n0=HIDDEN * CP, src0=4, dst0=4, typea=fp32, out=fp32
store_b2:
    st.copy     a=sp(b2), d=weights + FEATURES * HIDDEN * 4 + HIDDEN * 4 + HIDDEN * CP * 4, dims=1, n0=CP, src0=4, dst0=4, typea=fp32, out=fp32
descriptors_end:

    .bss
    .balign 64
copies: .space 4 * 4096

    .section .stream
    .globl  train_data, test_data, weights, begin_signature, end_signature
train_data: .space 0x2000000
test_data:  .space 0x2000000
exchange:   .space 2 * BATCH * HIDDEN * 2
weights:
begin_signature:
    .space  FEATURES * HIDDEN * 4 + HIDDEN * 4 + HIDDEN * CP * 4 + CP * 4
end_signature:
