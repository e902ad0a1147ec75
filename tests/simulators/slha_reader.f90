! Reads a spectrum as the Fortran codes of the field do: formatted READs at the columns of hep-ph/0311123, comments and blocks told apart by column 1.
!   slha_reader FILE     prints BLOCK INDICES VALUE, one entry a line; stops with 1 where a line does not fit its columns
program slha_reader
  implicit none
  character(len=512) :: file, line, word
  character(len=32) :: block
  integer :: first, second, unit, status
  double precision :: value
  block = ''
  call get_command_argument(1, file)
  open (newunit=unit, file=trim(file), status='old', action='read')
  do
    read (unit, '(A)', iostat=status) line
    if (status /= 0) exit
    if (line(1:1) == '#' .or. line == ' ') cycle
    if (line(1:1) /= ' ') then
      if (line(1:6) /= 'Block ' .and. line(1:6) /= 'BLOCK ') call refuse(line)
      read (line(7:), *) word
      block = word(1:32)
      cycle
    end if
    select case (block)
    case ('SPINFO')
      read (line, '(1x,I5,3x,A)', iostat=status) first, word
      if (status /= 0) call refuse(line)
    case ('MODSEL')
      read (line, '(1x,I5,1x,I5)', iostat=status) first, second
      if (status /= 0) call refuse(line)
    case ('MASS')
      read (line, '(1x,I9,3x,E16.8)', iostat=status) first, value
      if (status /= 0) call refuse(line)
      print '(A,1x,I0,1x,ES25.16E3)', trim(block), first, value
    case ('NMIX', 'UMIX', 'VMIX', 'STOPMIX', 'SBOTMIX', 'STAUMIX')
      read (line, '(1x,I2,1x,I2,3x,E16.8)', iostat=status) first, second, value
      if (status /= 0) call refuse(line)
      print '(A,1x,I0,1x,I0,1x,ES25.16E3)', trim(block), first, second, value
    case ('ALPHA')
      read (line, '(9x,E16.8)', iostat=status) value
      if (status /= 0) call refuse(line)
      print '(A,1x,ES25.16E3)', trim(block), value
    case default
      read (line, '(1x,I5,3x,E16.8)', iostat=status) first, value
      if (status /= 0) call refuse(line)
      print '(A,1x,I0,1x,ES25.16E3)', trim(block), first, value
    end select
  end do
contains
  subroutine refuse(text)
    character(len=*), intent(in) :: text
    write (0, '(A)') 'slha_reader: not in the columns of the accord: '//trim(text)
    stop 1
  end subroutine
end program
