using HybridEmu.Cli;

using Stream output = Console.OpenStandardOutput();
return (int)EntryPoint.Run(args, output, Console.Error);
