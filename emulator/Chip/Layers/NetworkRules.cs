using HybridEmu.Isa;

namespace HybridEmu.Chip;

/// <summary>What firmware/layers/stream.s can run, in words for who wrote the list of layers.</summary>
internal static class NetworkRules
{
    private const int MostLayers = 168, Ring = 4, RingBase = 4096, ZerosBase = 64, MostPosts = 255, MostCount = ushort.MaxValue;

    /// <exception cref="DataException">The layers do not stream, whatever the chip's sizes.</exception>
    public static void CheckForm(ChipConfiguration configuration, IReadOnlyList<Layer> layers, bool wide, int vectors, int batch)
    {
        int side = configuration.Array.Columns;
        if (configuration.Array.Rows != side)
            throw new DataException("network", $"the array of {configuration.Name} is {configuration.Array.Rows}x{side}; weights stream in square tiles");
        if (side % 16 != 0)
            throw new DataException("network", $"rows of {side} weights are not whole 16 bytes; array.columns must be a multiple of 16");
        if (layers.Count > MostLayers)
            throw new DataException("network", $"has {layers.Count} layers; {MostLayers} is the most");
        if (layers[0].Image is null && batch != 1)
            throw new DataException("network", "the batch of products is their M; leave out --batch");
        if (layers[0].Image is not null && (wide || vectors > 0))
            throw new DataException("network", "convolutions stream without elementwise work and with activations of 8 bits; leave out --wide and --vectors");
        NetworkShape? shape = null;
        for (int i = 0; i < layers.Count; i++)
        {
            if (layers[i].Image is null != layers[0].Image is null)
                throw new DataException(layers[i].Name, "convolutions and products do not stream in one network; a product behind convolutions is a filter of the whole image, and one behind that a filter of 1x1");
            if (layers[i].Image is { } image)
                shape = CheckConvolution(layers[i], image, shape, layers[0]);
            else if (layers[i].M != layers[0].M)
                throw new DataException(layers[i].Name, "weights stream for products of one batch: the same M in all layers");
            if (NetworkShape.Channels(layers[i]) != (wide || i == 0 ? NetworkShape.Channels(layers[0]) : layers[i - 1].N))
                throw new DataException(layers[i].Name, wide ? "with operands of 16 bits every layer has the K of the first" : $"its {(layers[i].Image is null ? "K is not the N" : "channels are not the filters")} of the layer before");
        }
    }

    /// <exception cref="DataException">The layers do not fit the chip, or a field of a descriptor.</exception>
    public static void CheckFit(ChipConfiguration configuration, IReadOnlyList<NetworkLayer> layers, bool wide)
    {
        NetworkShape shape = layers[0].Source;
        if (shape.GroupImages == 0)
            throw new DataException("network", $"images of {shape.RunPixels} pixels do not fit a slot of the accumulators, which takes {shape.SlotRows}");
        foreach (NetworkLayer layer in layers)
        {
            int blocks = Math.Max(layer.Down, layer.Across);
            if (blocks * layer.Made.Groups > MostPosts)
                throw new DataException(layer.Layer.Name, $"{blocks} blocks of {shape.Side} channels in {layer.Made.Groups} groups of {layer.Made.GroupImages} {(layer.Layer.Image is null ? "rows" : "images")}, as a slot of the accumulators takes; {MostPosts} is the most that semaphores count");
            if (layer.Vectors > 0 && layer.Across * layer.Made.Images > MostCount)
                throw new DataException(layer.Layer.Name, $"elementwise work on {layer.Across} blocks of {layer.Made.Images} rows passes the {MostCount} that a descriptor counts");
        }

        if (shape.BlockPixels > MostCount || (long)shape.Width * shape.Side > MostCount)
            throw new DataException("network", $"a batch of {shape.BlockPixels} pixels, or {(long)shape.Width * shape.Side} bytes of a row of them, pass the {MostCount} that a descriptor counts");
        if (shape.Pad * shape.Side > RingBase - ZerosBase)
            throw new DataException("network", $"filters of {(2 * shape.Pad) + 1} pixels are too large; {(2 * ((RingBase - ZerosBase) / shape.Side)) + 1} is the most with {shape.Side} columns");
        long widest = layers.Max(l => Math.Max(l.Across * (l.Vectors > 0 ? 3 : 1) * l.Made.BlockPixels, l.Down * (wide ? 2 : 1) * l.Source.BlockPixels)) * shape.Side;
        long room = (configuration.Scratchpad.Bytes / 2) - RingBase - ((long)Ring * shape.Side * shape.Side);
        if (widest > room)
            throw new DataException("network", $"activations of {widest} bytes do not fit half of the scratchpad beside the ring of weights, which leaves {Math.Max(0, room)}");
    }

    /// <summary>Input and output lie behind the weights, or in the host's memory.</summary>
    /// <exception cref="DataException">A memory is too small for them, or the firmware's addresses.</exception>
    public static void CheckRoom(ChipConfiguration configuration, ulong weightsEnd, ulong input, ulong outputEnd)
    {
        bool hosted = input >= AddressMap.HostMemory;
        Room("HBM", hosted ? weightsEnd : outputEnd, AddressMap.Hbm, Math.Min(configuration.Hbm.CapacityBytes, 1L << 31), "hbm.capacity");
        if (hosted)
            Room("the host's memory", outputEnd, AddressMap.HostMemory, Math.Min(configuration.Pcie.MemoryBytes, 1L << 32), "pcie.memory");

        void Room(string memory, ulong end, ulong origin, long bytes, string key)
        {
            if (end - origin > (ulong)bytes)
                throw new DataException("network", $"its data end at byte {end - origin} of {memory}; {configuration.Name} has {bytes} that 32-bit addresses reach ({key})");
        }
    }

    /// <summary>Checks a convolution and gives the shape of its results.</summary>
    /// <param name="before">Of its input; null for the first one, whose windows are the pixels of the images.</param>
    private static NetworkShape CheckConvolution(Layer layer, Convolution image, NetworkShape? before, Layer first)
    {
        if (image.Stride != 1)
            throw new DataException(layer.Name, $"stride {image.Stride}: convolutions stream with stride 1");
        if (before is not null && before.IsWhole(layer))
            return before.OnePixel;
        NetworkShape shape = before ?? new NetworkShape(Side: 1, Images: 1, image.WindowsDown, image.WindowsAcross, Pad: 0, SlotRows: 0);
        int height = shape.Height, width = shape.Width, around = image.FilterHeight - 1;
        if ((height, width) != (first.Image!.WindowsDown, first.Image.WindowsAcross) && (image.Height, image.Width, around) != (1, 1, 0))
            throw new DataException(layer.Name, $"an image of {image.Height}x{image.Width} with a filter of {image.FilterHeight}x{image.FilterWidth}: behind a filter of the whole image both must be 1x1");
        if (image.FilterHeight != image.FilterWidth || image.FilterHeight % 2 == 0)
            throw new DataException(layer.Name, $"a filter of {image.FilterHeight}x{image.FilterWidth}: convolutions stream with square filters of an odd side{(before is null ? "" : $", or of the whole image of {height}x{width}")}");
        if (image.WindowsDown != height || image.WindowsAcross != width)
            throw new DataException(layer.Name, $"an image of {image.Height}x{image.Width}: with a filter of {image.FilterHeight}x{image.FilterWidth} it must be {height + around}x{width + around}, {height}x{width} with half a filter of padding on every side");
        return shape;
    }
}
