using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Stateroom.Architecture.Tests;

/// <summary>The public surface of an assembly as sorted lines, one a type or member.</summary>
internal static class PublicApi
{
    private const BindingFlags Declared = BindingFlags.DeclaredOnly | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static;

    public static IReadOnlyList<string> Of(Assembly assembly) =>
        [.. assembly.GetExportedTypes().SelectMany(Lines).Order(StringComparer.Ordinal)];

    private static IEnumerable<string> Lines(Type type)
    {
        var name = Name(type);
        yield return $"{name}: {Kind(type)}{Bases(type)}";
        if (type.IsEnum)
        {
            foreach (var value in Enum.GetNames(type)) yield return $"{name}.{value} = {Convert.ToInt64(Enum.Parse(type, value), CultureInfo.InvariantCulture)}";
            yield break;
        }
        foreach (var member in type.GetMembers(Declared).Where(IsWritten))
        {
            var line = member switch
            {
                ConstructorInfo c when IsVisible(c) => $"new({Parameters(c)})",
                MethodInfo m when IsVisible(m) && !m.IsSpecialName => $"{Static(m)}{m.Name}{Generics(m)}({Parameters(m)}) -> {Name(m.ReturnType)}",
                MethodInfo { IsPublic: true } m when m.Name.StartsWith("op_", StringComparison.Ordinal) => $"{m.Name}({Parameters(m)}) -> {Name(m.ReturnType)}",
                PropertyInfo p when p.GetAccessors(true).Any(IsVisible) => $"{p.Name} {{ {Accessors(p)}}} -> {Name(p.PropertyType)}",
                FieldInfo f when f.IsPublic || f.IsFamily => $"{f.Name} -> {Name(f.FieldType)}{(f.IsLiteral ? $" = {f.GetRawConstantValue()}" : "")}",
                EventInfo e when IsVisible(e.AddMethod!) => $"event {e.Name} -> {Name(e.EventHandlerType!)}",
                _ => null,
            };
            if (line is not null) yield return $"{name}.{line}";
        }
    }

    /// <summary>What the compiler adds to a record says nothing that the record's kind does not.</summary>
    private static bool IsWritten(MemberInfo member) => !member.Name.Contains('<', StringComparison.Ordinal)
        && (member is not MethodInfo method || !method.IsDefined(typeof(CompilerGeneratedAttribute))) && member.Name != "EqualityContract";

    private static bool IsVisible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static string Static(MethodInfo method) => method.IsStatic ? "static " : "";

    private static string Kind(Type type) => type switch
    {
        { IsEnum: true } => "enum",
        { IsInterface: true } => "interface",
        _ when type.GetMethod("<Clone>$") is not null => type.IsAbstract ? "abstract record" : type.IsSealed ? "sealed record" : "record",
        { IsValueType: true } => "struct",
        { IsAbstract: true, IsSealed: true } => "static class",
        { IsAbstract: true } => "abstract class",
        { IsSealed: true } => "sealed class",
        _ => "class",
    };

    private static string Bases(Type type)
    {
        if (type.IsEnum) return "";
        var bases = type.GetInterfaces().Where(i => i.IsVisible && !(type.BaseType?.GetInterfaces().Contains(i) ?? false)).Select(Name).Order(StringComparer.Ordinal).ToList();
        if (type.BaseType is { } parent && parent != typeof(object) && parent != typeof(ValueType)) bases.Insert(0, Name(parent));
        return bases.Count == 0 ? "" : $" : {string.Join(", ", bases)}";
    }

    private static string Accessors(PropertyInfo property)
    {
        var text = "";
        if (property.GetMethod is { } get && IsVisible(get)) text += get.IsStatic ? "static get; " : "get; ";
        if (property.SetMethod is { } set && IsVisible(set))
            text += set.ReturnParameter.GetRequiredCustomModifiers().Any(m => m.Name == "IsExternalInit") ? "init; " : "set; ";
        return text;
    }

    private static string Generics(MethodInfo method) =>
        method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(a => a.Name))}>" : "";

    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(p => $"{Name(p.ParameterType)} {p.Name}{(p.HasDefaultValue ? " = default" : "")}"));

    private static string Name(Type type)
    {
        if (type.IsByRef) return $"ref {Name(type.GetElementType()!)}";
        if (type.IsArray) return $"{Name(type.GetElementType()!)}[]";
        if (type.IsGenericParameter) return type.Name;
        var name = type.IsNested ? $"{Name(type.DeclaringType!)}.{type.Name}" : type.Namespace == "System" || type.Namespace is null ? type.Name : $"{type.Namespace}.{type.Name}";
        if (!type.IsGenericType) return name;
        var tick = name.IndexOf('`', StringComparison.Ordinal);
        return $"{(tick < 0 ? name : name[..tick])}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>";
    }
}
