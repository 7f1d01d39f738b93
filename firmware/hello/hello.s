# Says hello from hart 0 and counts the harts that are there.
    .include "../lib/hx.inc"

main:
    csrr    t0, mhartid
    bnez    t0, quiet
    addi    sp, sp, -16
    sw      ra, 12(sp)
    la      a0, greeting
    call    print
    csrr    a0, hxrows
    call    print_unsigned
    la      a0, by
    call    print
    csrr    a0, hxcolumns
    call    print_unsigned
    la      a0, tiles
    call    print
    csrr    a0, hxtiles
    call    print_unsigned
    la      a0, end
    call    print
    lw      ra, 12(sp)
    addi    sp, sp, 16
quiet:
    li      a0, 0
    ret

    .rodata
greeting:   .asciz "hello from the chip: an array of "
by:         .asciz " x "
tiles:      .asciz ", tiles: "
end:        .asciz "\n"
