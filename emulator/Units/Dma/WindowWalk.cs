using HybridEmu.Isa;

namespace HybridEmu.Units;

/// <summary>
/// Walks the matrix of ld.im2col row by row as stretches: the part of one row of a window whose pixels are neighbours in
/// the image, so that it is zeros, then elements that are contiguous in HBM, then zeros again; each part may be empty.
/// The loader walks the matrix twice, once for the elements and once for the zeros.
/// </summary>
public struct WindowWalk
{
    private ImageWindows _windows;
    private ulong _images, _result;
    private int _rows, _columns, _pitch, _elementBytes, _resultBytes;

    /// <summary>Row and column of the destination with which the stretch begins; element of the window's pixel.</summary>
    private int _row, _column, _ky, _kx, _channel;
    private int _ox, _oy;
    private long _image;

    /// <summary>Elements of the stretch; of those the first and one past the last that lie inside the image.</summary>
    private int _length, _inside, _outside;

    /// <summary>HBM address of the first element inside.</summary>
    private ulong _source;

    /// <summary>Elements inside, or zeros, that were taken.</summary>
    private int _taken;

    public readonly bool Finished => _row >= _rows;

    /// <summary>Elements inside the image that are left of the stretch.</summary>
    public readonly int RunElements => _outside - _inside - _taken;

    /// <summary>HBM address of the first of them, and the scratchpad address where it goes.</summary>
    public readonly ulong Source => _source + (ulong)((long)_taken * _elementBytes);

    public readonly ulong Destination => Place(_inside + _taken);

    /// <summary>Zeros that are contiguous next, and the scratchpad address of the first of them.</summary>
    public readonly int RunZeros => (_taken < _inside ? _inside : _inside + _length - _outside) - _taken;

    public readonly ulong ZeroDestination => Place(_taken < _inside ? _taken : _taken - _inside + _outside);

    /// <param name="d">A checked ld.im2col.</param>
    public static WindowWalk Of(in Descriptor d)
    {
        var walk = new WindowWalk
        {
            _windows = ImageWindows.Of(in d),
            _images = d.A,
            _result = d.D,
            _rows = d.N0,
            _columns = d.N2,
            _pitch = (int)d.Word(ImageWindows.PitchByte >> 2),
            _elementBytes = d.TypeA.SizeBytes(),
            _resultBytes = d.TypeOut.SizeBytes(),
        };
        long window = walk._windows.FirstRow / walk._windows.WindowsAcross;
        walk._ox = (int)(walk._windows.FirstRow % walk._windows.WindowsAcross);
        walk._oy = (int)(window % walk._windows.WindowsDown);
        walk._image = window / walk._windows.WindowsDown;
        walk.BeginRow();
        walk.Stretch();
        return walk;
    }

    public void Take(int elements) => _taken += elements;

    /// <summary>Goes on to the next stretch.</summary>
    public void Next()
    {
        _taken = 0;
        _column += _length;
        if (_column < _columns)
        {
            int element = _channel + _length;
            _kx += element / _windows.Channels;
            _channel = element % _windows.Channels;
            if (_kx == _windows.Columns)
            {
                _kx = 0;
                _ky++;
            }
        }
        else
        {
            _row++;
            if (++_ox == _windows.WindowsAcross)
            {
                _ox = 0;
                if (++_oy == _windows.WindowsDown)
                {
                    _oy = 0;
                    _image++;
                }
            }

            BeginRow();
        }

        Stretch();
    }

    private void BeginRow()
    {
        _column = 0;
        _channel = _windows.FirstColumn % _windows.Channels;
        int pixel = _windows.FirstColumn / _windows.Channels;
        (_ky, _kx) = (pixel / _windows.Columns, pixel % _windows.Columns);
    }

    private void Stretch()
    {
        long channels = _windows.Channels;
        int pixels = _windows.DilationAcross == 1 ? _windows.Columns - _kx : 1;
        _length = (int)Math.Min(_columns - _column, (pixels * channels) - _channel);
        long y = ((long)_oy * _windows.Down) + (_ky * _windows.DilationDown) - _windows.Top;
        long x = ((long)_ox * _windows.Across) + (_kx * _windows.DilationAcross) - _windows.Left;
        if (y < 0 || y >= _windows.Height)
        {
            _inside = _outside = _length;
            return;
        }

        _inside = (int)Math.Clamp((-x * channels) - _channel, 0, _length);
        _outside = (int)Math.Clamp(((_windows.Width - x) * channels) - _channel, _inside, _length);
        long element = ((((_image * _windows.Height) + y) * _windows.Width) + x) * channels;
        _source = _images + (ulong)((element + _channel + _inside) * _elementBytes);
    }

    private readonly ulong Place(int element) => _result + (ulong)(((long)_row * _pitch) + ((long)(_column + element) * _resultBytes));
}
