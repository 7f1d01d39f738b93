using HybridEmu.Isa;

namespace HybridEmu.Isa.Tests;

public class PoolingShapeTests
{
    [Fact]
    public void Pixels_and_windows_are_those_that_counting_finds()
    {
        for (int width = 1; width <= 6; width++)
            for (int height = 1; height <= 6; height++)
                for (int rows = 1; rows <= height; rows++)
                    for (int columns = 1; columns <= width; columns++)
                        for (int down = 1; down <= 3; down++)
                            for (int across = 1; across <= 3; across++)
                                Compare(new PoolingShape(width, rows, columns, down, across), height);
    }

    [Fact]
    public void A_shape_past_all_memory_saturates() =>
        Assert.Equal(int.MaxValue, new PoolingShape(65535, 1, 1, 255, 255).SourcePixels(65535));

    private static void Compare(PoolingShape shape, int height)
    {
        int windows = 0;
        for (int y = 0; y + shape.Rows <= height; y += shape.Down)
        {
            for (int x = 0; x + shape.Columns <= shape.Width; x += shape.Across)
            {
                windows++;
                int furthest = ((y + shape.Rows - 1) * shape.Width) + x + shape.Columns;
                if (y == 0)
                    Assert.Equal(furthest, shape.SourcePixels(windows));
                else
                    Assert.InRange(shape.SourcePixels(windows), furthest, height * shape.Width);
            }
        }

        Assert.Equal(windows, shape.Windows(shape.Width * height));
        Assert.True(shape.IsLegal(shape.Width * height, true));
    }
}
