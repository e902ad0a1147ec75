! The model of library_model.c in Fortran:  gfortran -shared -fPIC -o library_model.so library_model.f90
! job file:  model: {type: library, file: library_model.so, parameters: [x, y], columns: [log_L, radius]}
module library_model
  use, intrinsic :: iso_c_binding
  implicit none
contains
  function version() bind(C, name="umbra_model_version") result(number)
    integer(c_int) :: number
    number = 1
  end function

  function evaluate(theta, seed, row, message) bind(C, name="umbra_model_evaluate") result(status)
    real(c_double), intent(in) :: theta(2)
    integer(c_int64_t), value :: seed
    real(c_double), intent(out) :: row(2)
    character(kind=c_char), intent(out) :: message(256)
    integer(c_int) :: status
    character(len=*), parameter :: why = "outside the potential"
    real(c_double) :: radius
    integer :: i
    radius = hypot(theta(1), theta(2))
    if (radius > 5) then
      do i = 1, len(why)
        message(i) = why(i:i)
      end do
      message(len(why) + 1) = c_null_char
      status = 1  ! unphysical
      return
    end if
    row = [-0.5_c_double * ((radius - 2) / 0.1_c_double)**2, radius]
    status = 0
  end function
end module
