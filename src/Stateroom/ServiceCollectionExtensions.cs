using Microsoft.Extensions.Logging;
using Stateroom;

#pragma warning disable IDE0130 // Where users look for such methods.
namespace Microsoft.Extensions.DependencyInjection;
#pragma warning restore IDE0130

/// <summary>Stateroom in a dependency injection container.</summary>
public static class StateroomServiceCollectionExtensions
{
    /// <summary>Adds <see cref="IStateroom"/> for sessions on this host, one for the whole container.</summary>
    /// <param name="services">The container's services.</param>
    /// <param name="options">Null means the defaults.</param>
    /// <returns><paramref name="services"/>.</returns>
    public static IServiceCollection AddStateroom(this IServiceCollection services, StateroomLocalOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        return services.AddSingleton(provider =>
            StateroomHost.Local((options ??= new StateroomLocalOptions()) with { LoggerFactory = options.LoggerFactory ?? provider.GetService<ILoggerFactory>() }));
    }
}
