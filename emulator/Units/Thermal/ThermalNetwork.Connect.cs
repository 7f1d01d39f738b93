namespace HybridEmu.Units;

/// <summary>The conductances and capacities of the network, from floorplan and package.</summary>
public sealed partial class ThermalNetwork
{
    private const int West = 0;
    private const int East = 1;
    private const int North = 2;
    private const int South = 3;

    private int SpreaderNode(int side) => (4 * Blocks) + side;

    private int InnerSinkNode(int side) => (4 * Blocks) + 4 + side;

    private int OuterSinkNode(int side) => (4 * Blocks) + 8 + side;

    private static double Resistance(double conductivity, double length, double area) => length / (conductivity * area);

    private void Connect()
    {
        for (int i = 0; i < Blocks; i++)
        {
            ConnectDown(i);
            for (int j = 0; j < i; j++)
                ConnectNeighbours(i, j);
        }

        ConnectPackage();
    }

    private void Join(int a, int b, double conductance)
    {
        _conductance[a, b] -= conductance;
        _conductance[b, a] -= conductance;
        _conductance[a, a] += conductance;
        _conductance[b, b] += conductance;
    }

    private void JoinAmbient(int node, double conductance)
    {
        _toAmbient[node] += conductance;
        _conductance[node, node] += conductance;
    }

    /// <summary>The column of nodes under a block. A node sits on the chip side of its layer.</summary>
    private void ConnectDown(int i)
    {
        ThermalConfig c = _config;
        double area = Floorplan.Blocks[i].Area;
        double sinkShare = area / (c.SinkSide * c.SinkSide);
        Join(i, Blocks + i, 1 / Resistance(c.ChipConductivity, c.ChipThickness, area));
        Join(Blocks + i, (2 * Blocks) + i, 1 / Resistance(c.InterfaceConductivity, c.InterfaceThickness, area));
        Join((2 * Blocks) + i, (3 * Blocks) + i, 1 / Resistance(c.SpreaderConductivity, c.SpreaderThickness, area));
        JoinAmbient((3 * Blocks) + i, 1 / (Resistance(c.SinkConductivity, c.SinkThickness, area) + (c.ConvectionResistance / sinkShare)));
        _capacity[i] = c.CapacityFactor * c.ChipHeatCapacity * c.ChipThickness * area;
        _capacity[Blocks + i] = c.CapacityFactor * c.InterfaceHeatCapacity * c.InterfaceThickness * area;
        _capacity[(2 * Blocks) + i] = c.CapacityFactor * c.SpreaderHeatCapacity * c.SpreaderThickness * area;
        _capacity[(3 * Blocks) + i] = c.CapacityFactor * ((c.SinkHeatCapacity * c.SinkThickness * area) + (c.ConvectionCapacity * sinkShare));
    }

    private void ConnectNeighbours(int i, int j)
    {
        ThermalConfig c = _config;
        FloorplanBlock a = Floorplan.Blocks[i], b = Floorplan.Blocks[j];
        double shared = Floorplan.SharedVerticalEdge(i, j);
        double distance = (a.Width + b.Width) / 2;
        if (shared == 0)
        {
            shared = Floorplan.SharedHorizontalEdge(i, j);
            distance = (a.Height + b.Height) / 2;
        }

        if (shared == 0)
            return;
        double shape = shared / distance;
        Join(i, j, c.ChipConductivity * c.ChipThickness * shape);
        Join(Blocks + i, Blocks + j, c.InterfaceConductivity * c.InterfaceThickness * shape);
        Join((2 * Blocks) + i, (2 * Blocks) + j, c.SpreaderConductivity * c.SpreaderThickness * shape);
        Join((3 * Blocks) + i, (3 * Blocks) + j, c.SinkConductivity * c.SinkThickness * shape);
    }

    private void ConnectPackage()
    {
        ThermalConfig c = _config;
        double sinkArea = c.SinkSide * c.SinkSide;
        double outerArea = (sinkArea - (c.SpreaderSide * c.SpreaderSide)) / 4;
        for (int side = West; side <= South; side++)
        {
            // Along is the die's size across this side's flow of heat; away is its size in the flow's direction.
            bool horizontal = side is West or East;
            double along = horizontal ? Floorplan.Height : Floorplan.Width;
            double away = horizontal ? Floorplan.Width : Floorplan.Height;
            double reach = (c.SpreaderSide - away) / 4;
            double innerArea = (c.SpreaderSide + along) * (c.SpreaderSide - away) / 4;
            double nearWidth = (c.SpreaderSide + (3 * along)) / 4;
            double farWidth = ((3 * c.SpreaderSide) + along) / 4;

            ConnectEdge(side, SpreaderNode(side), 2 * Blocks, c.SpreaderConductivity, c.SpreaderThickness, Resistance(c.SpreaderConductivity, reach, nearWidth * c.SpreaderThickness));
            ConnectEdge(side, InnerSinkNode(side), 3 * Blocks, c.SinkConductivity, c.SinkThickness, Resistance(c.SinkConductivity, reach, nearWidth * c.SinkThickness));

            Join(SpreaderNode(side), InnerSinkNode(side), 1 / Resistance(c.SpreaderConductivity, c.SpreaderThickness, innerArea));
            double innerSink = Resistance(c.SinkConductivity, reach, farWidth * c.SinkThickness);
            double outerSink = Resistance(c.SinkConductivity, (c.SinkSide - c.SpreaderSide) / 4, (c.SinkSide + (3 * c.SpreaderSide)) / 4 * c.SinkThickness);
            Join(InnerSinkNode(side), OuterSinkNode(side), 1 / (innerSink + outerSink));
            JoinAmbient(InnerSinkNode(side), 1 / (Resistance(c.SinkConductivity, c.SinkThickness, innerArea) + (c.ConvectionResistance * sinkArea / innerArea)));
            JoinAmbient(OuterSinkNode(side), 1 / (Resistance(c.SinkConductivity, c.SinkThickness, outerArea) + (c.ConvectionResistance * sinkArea / outerArea)));

            _capacity[SpreaderNode(side)] = c.CapacityFactor * c.SpreaderHeatCapacity * c.SpreaderThickness * innerArea;
            _capacity[InnerSinkNode(side)] = c.CapacityFactor * ((c.SinkHeatCapacity * c.SinkThickness * innerArea) + (c.ConvectionCapacity / sinkArea * innerArea));
            _capacity[OuterSinkNode(side)] = c.CapacityFactor * ((c.SinkHeatCapacity * c.SinkThickness * outerArea) + (c.ConvectionCapacity / sinkArea * outerArea));
        }
    }

    /// <summary>
    /// Joins the blocks along one edge of the die to the package node outside it. They share the way outside in proportion
    /// to their conductances to the edge.
    /// </summary>
    private void ConnectEdge(int side, int node, int layer, double conductivity, double thickness, double outside)
    {
        double total = 0;
        for (int i = 0; i < Blocks; i++)
            total += ToEdge(side, i, conductivity, thickness);
        for (int i = 0; i < Blocks; i++)
        {
            double own = ToEdge(side, i, conductivity, thickness);
            if (own > 0)
                Join(layer + i, node, 1 / ((1 / own) + (outside * total / own)));
        }
    }

    private double ToEdge(int side, int i, double conductivity, double thickness)
    {
        FloorplanBlock block = Floorplan.Blocks[i];
        bool there = side switch
        {
            West => Floorplan.IsAtWest(i),
            East => Floorplan.IsAtEast(i),
            North => Floorplan.IsAtNorth(i),
            _ => Floorplan.IsAtSouth(i),
        };
        if (!there)
            return 0;
        return side is West or East
            ? 1 / Resistance(conductivity, block.Width / 2, block.Height * thickness)
            : 1 / Resistance(conductivity, block.Height / 2, block.Width * thickness);
    }
}
